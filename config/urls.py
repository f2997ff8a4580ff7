from django.contrib import admin
from django.urls import include, path

handler500 = "annotation.views.failures.server_error"
urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("annotation.urls")),
    path("", include("modeling.urls")),
]
