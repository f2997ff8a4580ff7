"""Recipes by name: the list, building and cloning, and two beside each other."""

import json
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_lead, part_for_lead, typed_id
from annotation.forms.refusals import reported_on
from annotation.models import Dataset
from annotation.views.refusals import refused_to
from modeling.actions.training.recipes import build_recipe, differing, recipe_facts, title_of
from modeling.actions.training.train import request_training
from modeling.figures.words.recipes import recipe_words
from modeling.forms.lab import RecipeForm
from modeling.models import Recipe

SHOWN = 200


@require_GET
def recipes(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    return _list(request, dataset, RecipeForm(base=_base(request, dataset, request.GET)))


@require_POST
def build(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    form = RecipeForm(request.POST, base=_base(request, dataset, request.POST))
    if form.is_valid():
        with reported_on(form):
            made = build_recipe(dataset, **form.recipe())
            messages.success(request, f"{made.name} is built: {recipe_words(made.learner, made.settings)}.")
            return redirect("recipes", slug)
    return _list(request, dataset, form, status=400)


@require_POST
@refused_to("recipes")
def train(request: Request, slug: str, pk: int) -> HttpResponse:
    recipe = part_for_lead(request.user, slug, Recipe.objects.select_related("dataset"), pk)
    return redirect("job", slug, request_training(recipe.dataset, recipe=recipe, user=request.user).pk)


@require_GET
def diff(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    chosen = [pk for pk in map(typed_id, request.GET.getlist("recipe")) if pk]
    if len(chosen) != 2:
        messages.error(request, "Tick two recipes to see in what they differ.")
        return redirect("recipes", slug)
    one, other = (part_for_lead(request.user, slug, Recipe.objects.all(), pk) for pk in chosen)
    lines = differing(recipe_facts(one), recipe_facts(other))
    page = {"dataset": dataset, "lines": lines, "n": sum(line.differs for line in lines), "back": "recipes",
            "names": [title_of(one), title_of(other)], "what": "recipes"}  # fmt: skip
    return render(request, "modeling/diff.html", page)


def _list(request: Request, dataset: Dataset, form: RecipeForm, status: int = 200) -> HttpResponse:
    rows = _rows(dataset)
    page = {"dataset": dataset, "form": form, "rows": rows[:SHOWN], "more": max(0, len(rows) - SHOWN),
            "heading": _heading(form.base, sum(bool(recipe.name) for recipe, _ in rows))}  # fmt: skip
    return render(request, "modeling/recipes.html", page, status=status)


def _heading(base: Recipe | None, named: int) -> str:
    if base:
        return f"A new recipe like {base.name or 'that one'}"
    if not named:
        return "No recipe has a name yet"
    return f"{named:,} recipe{' has a name' if named == 1 else 's have names'}"


def _rows(dataset: Dataset) -> list[tuple[Recipe, int]]:
    """(recipe, its runs), one row for what differs in its seed only, named ones first."""
    found: dict[str, list[Any]] = {}
    recipes = dataset.recipes.annotate(n=Count("runs")).order_by("id")
    for recipe in sorted(recipes, key=lambda one: not one.name):
        said = json.dumps([recipe.learner, recipe.settings], sort_keys=True)
        mark = f"{said} {recipe.name}" if recipe.name and said in found else said
        found.setdefault(mark, [recipe, 0])[1] += recipe.n
    return sorted(((recipe, n) for recipe, n in found.values()), key=lambda row: (not row[0].name, -row[0].pk))


def _base(request: Request, dataset: Dataset, asked: Any) -> Recipe | None:
    return dataset.recipes.filter(pk=typed_id(asked.get("clone", ""))).first()
