from django.db import models


class Throttle(models.Model):
    """How often something was tried under one key since its time began; `until`, it begins anew.

    A key is a digest: it tells neither a name nor an address.
    """

    key = models.CharField(max_length=64, primary_key=True)
    tries = models.PositiveIntegerField(default=0)
    until = models.DateTimeField()
