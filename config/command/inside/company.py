"""The demonstration company."""


def main(env, as_of):
    if "inventory.demo" in env:
        env["inventory.demo"]._generate()
