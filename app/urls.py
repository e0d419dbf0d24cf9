"""Every address of the product."""

from django.urls import include, path

urlpatterns = [
    path("", include("app.ops.urls")),
    path("api/v1/", include("app.api.urls")),
    path("scim/v2/", include("app.scim.urls")),
    path("accounts/", include("app.signon.urls")),
    path("accounts/", include("app.accounts.urls")),
    path("", include("app.web.urls")),
]
