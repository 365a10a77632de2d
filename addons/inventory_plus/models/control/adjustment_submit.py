"""The public methods for other systems: what they found to differ, asked for once, over XML-RPC and JSON-2."""

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from psycopg2 import DataError, IntegrityError
from psycopg2.errorcodes import UNIQUE_VIOLATION

from ..channels.request_text import echoed
from ..channels.reservation_request import RequestError
from .adjustment_terms import KEY, SEES_BOOK

#: Requests, or keys, in one call.
MOST_REQUESTS = 1000


class InventoryAdjustment(models.Model):
    _inherit = "inventory.adjustment"

    request_key = fields.Char("Key", readonly=True, copy=False, help="By this the system that asked knows it again.")
    request_hash = fields.Char(readonly=True, copy=False)
    request_answer = fields.Json(readonly=True, copy=False)

    _request_key_uniq = models.UniqueIndex(
        "(company_id, request_key) WHERE request_key IS NOT NULL", "Another adjustment was asked for with this key."
    )

    @api.model
    def submit(self, requests):
        """Ask for corrections of stock. Each request is carried out once, by itself; approval goes its usual way.

        :param list requests: of ``{"key", "company"?: name or id, "reason": code of a reason or text, "note"?,
            "origin"?, "counted_at"?: "2026-12-05T14:30:00Z", "lines": [{"sku" | "product_id", "location": complete
            name, barcode or id, "lot"?, "package"?, "owner"?: name or id, "counted" | "difference", "uom"?,
            "reason"?, "note"?}]}``. With ``counted_at``, goods that moved after it are no difference
        :return: list in the same order of ``{"key", "state", "adjustment_id", "name", "reason"?: {"code",
            "message"}}``. The state is that of the adjustment (``submitted``, or further where a rule approves at
            once), or ``rejected`` with a reason. The same key again gives the first answer, for the same company; with
            another content it gives the reason ``key_conflict``. A request with a mistake in it is rejected without
            using up its key
        :raise UserError: ``requests`` is not a list of at most 1,000 mappings
        :raise AccessError: the user may not enter adjustments
        """
        self.check_access("create")
        self._check_requests(requests)
        reader = self.env["inventory.adjustment.request"]
        answers = [None] * len(requests)
        heads = {}
        for place, request in enumerate(requests):
            try:
                heads[place] = reader._adjustment_head(request)
            except RequestError as error:
                answers[place] = self._request_refused(request, error.code, error.message)
        # Law 3: who has his answer gets it, before anybody looks at what the world is like now.
        known = self._request_known(heads.values())
        fresh = {}
        for place, (company, key, digest) in heads.items():
            if (company.id, key) in known:
                answers[place] = self._request_again(requests[place], digest, *known[company.id, key])
            else:
                fresh[place] = (company, key, digest)
        world = reader._adjustment_world([requests[place] for place in fresh]) if fresh else None
        for place, (company, key, digest) in fresh.items():
            if (company.id, key) in known:  # twice in this call
                answers[place] = self._request_again(requests[place], digest, *known[company.id, key])
                continue
            answers[place] = self._request_carry_out(requests[place], company, key, digest, world)
            if answers[place]["state"] != "rejected":
                known[company.id, key] = (digest, answers[place])
        return answers

    @api.model
    def submit_status(self, keys):
        """What became of requests.

        :param list keys: of ``{"key", "company"?}``
        :return: list in the same order of ``{"key", "state", "adjustment_id", "name", "lines", "applied", "failed":
            [{"product_id", "sku", "location", "lot", "message"}], "comment"}``, or ``{"key", "state": "unknown",
            "reason"}``
        """
        self._check_requests(keys)
        reader = self.env["inventory.adjustment.request"]
        answers = []
        heads = []
        for asked in keys:
            try:
                heads.append((reader._company(asked.get("company")).id, reader._key(asked.get("key"))))
            except RequestError as error:
                heads.append(error)
        pairs = [head for head in heads if not isinstance(head, RequestError)]
        found = self.search(
            [("company_id", "in", [c for c, _k in pairs]), ("request_key", "in", [k for _c, k in pairs])]
        )
        by_key = {(adjustment.company_id.id, adjustment.request_key): adjustment for adjustment in found}
        for asked, head in zip(keys, heads, strict=True):
            if isinstance(head, RequestError):
                answers.append(self._request_unknown(asked, head.code, head.message))
            elif adjustment := by_key.get(head):
                answers.append(adjustment._request_status())
            else:
                message = self.env._("Nothing was asked for with this key.")
                answers.append(self._request_unknown(asked, "unknown_key", message))
        return answers

    # ---------------------------------------------------------------- one request

    def _request_carry_out(self, request, company, key, digest, world):
        """Enter one request and ask for its approval: all of it, or nothing and an answer that says why.

        A savepoint for each, and so a few statements for each: what is wrong with one touches no other.
        """
        try:
            with self.env.cr.savepoint():
                values, lines = self.env["inventory.adjustment.request"]._adjustment_values(request, company, world)
                own = self.with_context(allowed_company_ids=company.ids).with_company(company)
                adjustment = own._request_enter(values, lines)
                adjustment._approval_set({"request_key": key, "request_hash": digest})
                adjustment.action_request_approval()
                adjustment.invalidate_recordset(["state"])
                answer = {
                    "key": key,
                    "state": adjustment.state,
                    "adjustment_id": adjustment.id,
                    "name": adjustment.name,
                }
                adjustment._approval_set({"request_answer": answer})
                self.env.flush_all()
                return answer
        except RequestError as error:
            return self._request_refused(request, error.code, error.message)
        except ConcurrencyError:
            raise
        except IntegrityError as error:
            if error.pgcode == UNIQUE_VIOLATION and "request_key" in str(error):
                # The same key is being carried out by somebody else: ask again, then his answer is there.
                raise ConcurrencyError(self.env._("The same request is being carried out.")) from error
            return self._request_refused(request, "refused", self.env._("The request does not fit the data."))
        except DataError:
            return self._request_refused(request, "refused", self.env._("The request does not fit the data."))
        except AccessError as error:
            return self._request_refused(request, "not_allowed", str(error))
        except UserError as error:
            return self._request_refused(request, "refused", str(error))

    def _request_enter(self, values, lines):
        """The draft; differences become counted quantities of the moment that the books are noted of."""
        moment = values["counted_at"]
        keys = [tuple(line[name] or False for name in KEY) for line in lines]
        books = {}
        if any(line["asked"][0] == "difference" for line in lines):
            reader = self.env["inventory.adjustment.line"].sudo()
            books = reader._books_at(set(keys), moment) if moment else reader._books(set(keys))
        commands = []
        for key, line in zip(keys, lines, strict=True):
            kind, quantity = line.pop("asked")
            line["quantity"] = quantity if kind == "counted" else books.get(key, 0.0) + quantity
            commands.append(Command.create(line))
        return self.create({**{name: value for name, value in values.items() if value}, "line_ids": commands})

    # -------------------------------------------------------------------- answers

    @api.model
    def _check_requests(self, values):
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise UserError(self.env._("Give a list of mappings."))
        if len(values) > MOST_REQUESTS:
            raise UserError(self.env._("At most %(most)s at a time.", most=MOST_REQUESTS))

    @api.model
    def _request_known(self, heads):
        """Answers given before: ``{(company id, key): (digest, answer)}``, whoever asked with that key."""
        heads = list(heads)
        if not heads:
            return {}
        found = self.sudo().search(
            [
                ("company_id", "in", [company.id for company, _key, _digest in heads]),
                ("request_key", "in", [key for _company, key, _digest in heads]),
            ]
        )
        return {(one.company_id.id, one.request_key): (one.request_hash, one.request_answer) for one in found}

    @api.model
    def _request_again(self, request, digest, first_digest, answer):
        if digest == first_digest:
            return answer
        message = self.env._("The key %(key)s was used for another request.", key=request["key"])
        return self._request_refused(request, "key_conflict", message)

    @api.model
    def _request_refused(self, request, code, message):
        return {
            "key": echoed(request.get("key")),
            "state": "rejected",
            "adjustment_id": False,
            "name": False,
            "reason": {"code": code, "message": message},
        }

    @api.model
    def _request_unknown(self, asked, code, message):
        return {"key": echoed(asked.get("key")), "state": "unknown", "reason": {"code": code, "message": message}}

    def _request_status(self):
        failed = self.line_ids.filtered(lambda line: line.state == "failed")
        tells = self.env.user.has_group(SEES_BOOK)
        return {
            "key": self.request_key,
            "state": self.state,
            "adjustment_id": self.id,
            "name": self.name,
            "lines": self.line_count,
            "applied": self.applied_count,
            "failed": [
                {
                    "product_id": line.product_id.id,
                    "sku": line.product_id.default_code or False,
                    "location": line.location_id.complete_name,
                    "lot": line.lot_id.name or False,
                    "message": line.failure or False if tells else False,
                }
                for line in failed
            ],
            "comment": self.decision_comment or False,
        }
