"""Command line of the agent: ``python3 -m agent pair ...`` once, then ``python3 -m agent run``."""

import argparse
import asyncio
import logging
import sqlite3
import sys
from pathlib import Path

from .drivers.stdin import StdinDriver
from .pairing import PairingError, pair
from .state import State, StateError
from .uplink import Refused, Uplink


def parser():
    top = argparse.ArgumentParser(prog="agent", description="Inventory Plus: the process beside the hardware.")
    top.add_argument(
        "--state", default=str(Path.home() / ".local/share/inventory-agent"), help="folder for key and outbox"
    )
    commands = top.add_subparsers(dest="command", required=True)
    pairing = commands.add_parser("pair", help="pair with Odoo by the one-time code shown there")
    pairing.add_argument("--url", required=True, help="address of Odoo, for example https://odoo.example.com")
    pairing.add_argument("--database", required=True)
    pairing.add_argument("--code", required=True, help="the code that Odoo shows, for example 3-K7Q29XFD")
    run = commands.add_parser("run", help="read scans from standard input and send them")
    run.add_argument("--drain", type=float, default=20.0, help="seconds to finish sending at end of input")
    commands.add_parser("status", help="say what waits")
    return top


async def run(state, drain_seconds):
    """Read scans until the input ends, send them, and return how many could not be sent."""
    state.lock()
    pairing = state.read()
    outbox = state.outbox()
    uplink = Uplink(pairing, outbox)

    def accept(kind, device, payload):
        seq = outbox.append(kind, device, payload)
        logging.getLogger("agent").info("#%s %s", seq, payload)
        uplink.notify()

    sending = asyncio.create_task(uplink.run())
    reading = asyncio.create_task(StdinDriver(accept).run())
    done, _pending = await asyncio.wait({sending, reading}, return_when=asyncio.FIRST_COMPLETED)
    if sending in done:
        sending.result()  # raises why Odoo refuses this agent
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    left = await uplink.drain(drain_seconds)
    outbox.close()
    if reading in done:
        reading.result()  # raises why the device could not be read or its scans not be kept
    return left


def main(arguments=None):
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s")
    state = State(options.state)
    try:
        if options.command == "pair":
            answer = asyncio.run(pair(options.url, options.database, options.code, state))
            print(f"Paired as {answer['name']} at station {answer['station']}.")
            return 0
        if options.command == "status":
            pairing, waiting = state.read(), state.outbox().waiting()
            print(f"Paired with {pairing['url']}, database {pairing['database']}; {waiting} events wait.")
            return 0
        left = asyncio.run(run(state, options.drain))
    except (StateError, PairingError, Refused) as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, sqlite3.Error) as error:
        print(f"The agent cannot go on: {error}. Check disk space and rights of {state.folder}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    if left:
        print(f"{left} events could not be sent; they are kept and go out at the next start.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    # A thread may still wait in readline on a terminal: leave without joining it.
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    import os

    os._exit(code)
