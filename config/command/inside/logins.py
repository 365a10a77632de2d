"""The users that a person can log in as, with their roles."""


def main(env):
    return [{"login": "admin", "password": "admin", "role": "Administrator"}]
