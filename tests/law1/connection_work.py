"""What a process does with the connections that the lock keeps."""

import json
import os

from odoo.tools import SQL

from tests.law1.work import environment

PID = SQL("SELECT pg_backend_pid()")


def pid_of(env):
    """The session of the database that answers a call of the lock."""
    return env["inventory.lock"]._call(PID)[0][0]


def keep(registry):
    """Who answers one call after the other, from this process and from one that it forks."""
    with registry.cursor() as cr:
        env = environment(cr)
        first, second = pid_of(env), pid_of(env)
        read, write = os.pipe()
        child = os.fork()
        if not child:
            with os.fdopen(write, "w") as stream:
                json.dump(pid_of(env), stream)
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as stream:
            forked = json.load(stream)
        os.waitpid(child, 0)
        return {"first": first, "second": second, "forked": forked, "after": pid_of(env)}


def lose(registry):
    """The session is ended while nobody uses it; whether the next calls are answered by another one."""
    with registry.cursor() as cr:
        env = environment(cr)
        gone = pid_of(env)
        cr.execute("SELECT pg_terminate_backend(%s, 5000)", [gone])
        return [pid_of(env) != gone for _call in range(2)]


def isolate(registry):
    """What holds on a connection that is kept, and what an error leaves there."""
    with registry.cursor() as cr:
        env = environment(cr)
        lock = env["inventory.lock"]
        before = pid_of(env)
        try:
            lock._call(SQL("SELECT 1 / 0"))
        except Exception as error:
            failed = type(error).__name__
        shown = [
            lock._call(SQL("SELECT current_setting(%s)", name))[0][0]
            for name in ("transaction_isolation", "transaction_read_only")
        ]
        return {"failed": failed, "same": pid_of(env) == before, "shown": shown}
