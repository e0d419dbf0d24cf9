"""The web application that uvicorn serves."""

import os
from typing import cast

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.settings")
django_application = get_asgi_application()

from django.conf import settings  # noqa: E402 - after Django has read them

from app.ops.body_limit import Application, limit_bodies  # noqa: E402

application = limit_bodies(cast(Application, django_application), max_file_mb=settings.ATTEST_MAX_FILE_MB)
