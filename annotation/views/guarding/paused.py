"""The answer to whoever tries too often."""

from django.http import HttpResponse


def paused(answer: HttpResponse, seconds: int) -> HttpResponse:
    """The page as it is, with the status that says so and the seconds to wait."""
    answer.status_code = 429
    answer["Retry-After"] = str(seconds)
    return answer
