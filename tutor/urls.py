"""Addresses of the site. The WebSocket's is in asgi.py."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import path

from tutor.identity.login import AdminLoginForm
from tutor.web import history, progress, views

admin.site.site_header = admin.site.site_title = "Tutor"
admin.site.index_title = "Classroom"
admin.site.login_form = AdminLoginForm

urlpatterns = [
    path("", progress.lessons, name="lessons"),
    path("progress/", progress.progress, name="progress"),
    path("continue/", progress.go_on, name="continue"),
    path("lessons/<slug:course>/<slug:lesson>/", views.lesson, name="lesson"),
    path("lessons/<slug:course>/<slug:lesson>/history/<slug:step>", history.revisions),
    path("lessons/<slug:course>/<slug:lesson>/history/<slug:step>/<int:number>", history.revision),
    path("runs/<uuid:run>/files/<int:file>/", views.run_file, name="run-file"),
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("healthz", views.healthz, name="healthz"),
    path("admin/password_change/", admin.site.admin_view(views.change_password)),
    path("admin/", admin.site.urls),
]
