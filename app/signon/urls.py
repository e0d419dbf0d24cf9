"""Signing in through providers, and signing out. Pages where admins set providers up are in app.web."""

from django.urls import path

from app.signon import saml_views, views

urlpatterns = [
    path("logout/", views.SignOutView.as_view(), name="account_logout"),
    path("sign-on/<slug:slug>/", views.begin, name="sign_on"),
    path("sign-on/<slug:slug>/callback/", views.callback, name="sign_on_callback"),
    path("sign-on/<slug:slug>/assertion/", saml_views.assertion, name="sign_on_assertion"),
    path("sign-on/<slug:slug>/metadata/", saml_views.metadata, name="sign_on_metadata"),
    path("sign-on/<slug:slug>/back-channel-logout/", views.back_channel_logout, name="sign_on_back_channel_logout"),
]
