from django.db import migrations, models


class Migration(migrations.Migration):
    """Files that were made before name nothing here; they expire within days."""

    dependencies = [("privacy", "0001_initial")]
    operations = [migrations.AddField("personexport", "documents", models.JSONField(default=list))]
