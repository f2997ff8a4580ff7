"""Exit 0 when the PostgreSQL and Redis of the environment answer; else one line says why their run is skipped."""

import os
import sys

import psycopg
import redis

try:
    psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=3).close()
    redis.Redis.from_url(os.environ["REDIS_URL"], socket_connect_timeout=3).ping()
except (psycopg.OperationalError, redis.RedisError) as error:
    print(f"The run on PostgreSQL and Redis is skipped: {str(error).splitlines()[0]}")
    sys.exit(1)
