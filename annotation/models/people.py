from typing import TypeAlias

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.models import User as User

# Who asks for a page before anybody has logged in, too.
Visitor: TypeAlias = User | AnonymousUser
