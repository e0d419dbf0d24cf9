"""The addresses of provisioning, below `/scim/v2/`."""

from django.urls import path, re_path

from app.scim import views

app_name = "scim"
urlpatterns = [
    path("ServiceProviderConfig", views.service_provider_config, name="service_provider_config"),
    path("ResourceTypes", views.resource_type_list, name="resource_types"),
    path("ResourceTypes/<str:name>", views.resource_type, name="resource_type"),
    path("Schemas", views.schema_list, name="schemas"),
    path("Schemas/<str:name>", views.schema, name="schema"),
    path("Users", views.users, name="users"),
    path("Users/<str:resource_id>", views.user, name="user"),
    path("Groups", views.group_list, name="groups"),
    path("Groups/<str:resource_id>", views.group, name="group"),
    re_path(r"^(?P<rest>[\s\S]*)$", views.nothing_here, name="nothing_here"),
]
