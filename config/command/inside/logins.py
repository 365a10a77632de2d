"""The people that a visitor can log in as, each with the role that he plays."""

# Passwords that the demonstration's users may have. Only one that really opens the login is shown.
_LIKELY = ("demo",)


def main(env):
    """Rows of login, password and role of the demonstration's users; the administrator last."""
    data = env["ir.model.data"].search([("model", "=", "res.users"), ("module", "=like", "inventory_%")])
    users = env["res.users"].browse(data.sorted("id").mapped("res_id")).exists().filtered("active")
    rows = [row for user in users if (row := _row(user, (user.login, *_LIKELY)))]
    administrator = env.ref("base.user_admin", raise_if_not_found=False)
    if administrator:
        row = _row(administrator, ("admin",))
        rows += [{**row, "role": "Administrator"}] if row else []
    return rows


def _row(user, passwords):
    context = user._crypt_context()
    user.env.cr.execute("SELECT password FROM res_users WHERE id = %s", [user.id])
    (stored,) = user.env.cr.fetchone()
    known = next((word for word in passwords if stored and context.verify(word, stored)), None)
    return {"login": user.login, "password": known, "role": user.name} if known else None
