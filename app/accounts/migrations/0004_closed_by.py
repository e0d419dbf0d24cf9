from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_scopes_of_keys'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='closed_by',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=80),
        ),
    ]
