from django.contrib import admin
from django.urls import include, path

from annotation.views.account import admin_log_in, may_administer

admin.site.login = admin_log_in  # type: ignore[method-assign]
admin.site.has_permission = may_administer  # type: ignore[method-assign]
handler500 = "annotation.views.failures.server_error"
urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("annotation.urls")),
    path("", include("modeling.urls")),
]
