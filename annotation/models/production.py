from django.conf import settings
from django.db import models
from django.utils import timezone

from annotation.core.stored import DrawnStratum
from annotation.models.dataset import Dataset
from annotation.models.item import Item


class ProductionDraw(models.Model):
    """Production items without a label, drawn to be answered blind by several experts: the making of a production set.

    stratified: by what the draw was split, "" = at random over all. n_items: those that could be drawn. answers_each:
    independent blind answers wanted for each. worthwhile: the smallest difference in accuracy, in (0, 1), that the set
    is to tell, said before its first answer.
    """

    AT_RANDOM, BY_SOURCE = "", "source"
    STRATIFIED = {AT_RANDOM: "at random", BY_SOURCE: "by source"}

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="production_draws")
    name = models.CharField(max_length=80)
    seed = models.IntegerField()
    stratified = models.CharField(max_length=10, choices=STRATIFIED, blank=True)
    strata: "models.JSONField[list[DrawnStratum], list[DrawnStratum]]" = models.JSONField(default=list)
    n_items = models.PositiveIntegerField()
    n_drawn = models.PositiveIntegerField()
    answers_each = models.PositiveSmallIntegerField(default=2)
    worthwhile = models.FloatField(default=0.01)
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "name"], name="production_draw_name_once")]

    def __str__(self) -> str:
        return self.name


class ProductionItem(models.Model):
    """An item drawn. `weight`: how many items of production it stands for, its share of what all stand for times
    n_drawn, so that weights have mean 1."""

    draw = models.ForeignKey(ProductionDraw, models.CASCADE, related_name="drawn")
    item = models.ForeignKey(Item, models.CASCADE)
    stratum = models.CharField(max_length=200, blank=True)
    weight = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draw", "item"], name="production_draws_item_once"),
            models.CheckConstraint(condition=models.Q(weight__gt=0), name="production_weight_above_0"),
        ]
