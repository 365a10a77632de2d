"""Tests of what crosses a process: many writers at once, clients over RPC, the agent, set-up, the commands, benches."""
