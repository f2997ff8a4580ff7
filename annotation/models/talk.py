from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from annotation.models.dataset import Dataset
from annotation.models.item import Item


class CommentQuerySet(models.QuerySet["Comment"]):
    def said(self) -> "CommentQuerySet":
        """Those that say something, of items that are still here; the others close one."""
        return self.filter(resolves=None, item__split__in=Item.HERE)

    def unresolved(self) -> "CommentQuerySet":
        return self.said().filter(~Exists(Comment.objects.filter(resolves=OuterRef("pk"))))


class Comment(models.Model):
    """What somebody says of an item, in whatever case, so that it survives rounds; `resolves` closes an earlier one."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="comments")
    item = models.ForeignKey(Item, models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    text = models.TextField(blank=True)
    resolves = models.OneToOneField("self", models.CASCADE, null=True, related_name="resolved_by")
    created_at = models.DateTimeField(default=timezone.now)

    objects = CommentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["item", "id"], name="comment_by_item")]


class Notice(models.Model):
    """One sentence for one member, with the page it is about; `read_at` None = not read yet."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="notices")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    text = models.CharField(max_length=300)
    path = models.CharField(max_length=300, blank=True)
    read_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_by_user"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notice_unread"),
        ]


class OwnKeys(models.Model):
    """How one member works the page of a case. keys: class id → digit; without one the digits go by use. letters:
    single letters answer (WCAG 2.1.4 asks that they can be switched off)."""

    dataset = models.ForeignKey(Dataset, models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    keys: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(default=dict)
    letters = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "user"], name="own_keys_once")]
