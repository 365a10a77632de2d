"""The engine's part of every document's screens, so that each shows who is awaited and offers the same buttons."""

from lxml.builder import E
from odoo import api, models

#: Who may read the steps and voices of requests.
STEP_READERS = (
    "stock.group_stock_user,inventory_plus.group_counter,inventory_plus.group_approver,inventory_plus.group_auditor"
)


class InventoryApprovalMixin(models.AbstractModel):
    _inherit = "inventory.approval.mixin"

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if complete := getattr(self, f"_approval_complete_{view_type}", None):
            complete(arch)
        return arch, view

    def _approval_complete_form(self, arch):
        header = arch.find("header")
        if header is None or header.find("button[@name='action_open_decision']") is None:
            return
        position = len(header.findall("button"))
        for button in (
            self._approval_button("forwarded", self.env._("Pass on"), "not approval_can_decide"),
            self._approval_button("glass", self.env._("Apply in an Emergency"), "not approval_can_break"),
        ):
            header.insert(position, button)
            position += 1
        sheet = arch.find("sheet")
        if sheet is None:
            return
        sheet.insert(0, self._approval_awaited_node())
        sheet.insert(1, self._approval_glass_node())
        notebook = sheet.find("notebook")
        if notebook is not None:
            notebook.append(self._approval_steps_node())

    def _approval_button(self, decision, label, invisible):
        return E.button(
            name="action_open_decision",
            type="object",
            string=label,
            invisible=invisible,
            context=repr({"decision": decision}),
        )

    def _approval_awaited_node(self):
        return E.div(
            E.field(name="approval_can_break", invisible="1"),
            E.span(self.env._("Awaited since"), {"class": "me-1"}),
            E.field({"class": "me-2"}, name="approval_since", readonly="1"),
            E.field(name="approval_awaited", readonly="1"),
            {"class": "alert alert-info", "role": "status", "name": "approval_awaited"},
            invisible="not approval_since",
        )

    def _approval_glass_node(self):
        return E.div(
            E.field({"class": "fw-bold me-2"}, name="approval_glass_state", readonly="1"),
            E.field({"class": "me-2"}, name="approval_glass_user_id", readonly="1"),
            E.field(name="approval_glass_reason", readonly="1"),
            {"class": "alert alert-danger", "role": "alert", "name": "approval_glass"},
            invisible="not approval_glass_state",
        )

    def _approval_steps_node(self):
        columns = [E.field(name=name) for name in ("name", "rule_name", "mode", "opened_at", "awaited_text")]
        columns.append(E.field(name="state", widget="badge"))
        voices = [E.field(name=name) for name in ("user_id", "state", "spoken_by_id", "spoken_at", "comment")]
        return E.page(
            E.field(
                E.list(*columns),
                E.form(
                    E.group(E.field(name="name"), E.field(name="state")), E.field(E.list(*voices), name="voice_ids")
                ),
                name="approval_turn_ids",
                readonly="1",
            ),
            string=self.env._("Approval"),
            name="approval",
            invisible="approval_state == 'draft'",
            groups=STEP_READERS,
        )

    def _approval_complete_list(self, arch):
        state = arch.find("field[@name='approval_state']")
        if state is not None:
            state.addprevious(E.field(name="approval_awaited", optional="show"))
            state.addprevious(E.field(name="approval_since", optional="hide"))
        header = arch.find("header")
        if header is not None and header.find("button[@name='action_open_decision']") is not None:
            button = self._approval_button("forwarded", self.env._("Pass on"), "0")
            button.set("groups", "inventory_plus.group_approver")
            header.append(button)

    def _approval_complete_kanban(self, arch):
        """Deciding on the phone: two buttons on the card of what waits for me."""
        card = arch.find(".//t[@t-name='card']")
        if card is None or card.find(".//button[@name='action_open_decision']") is not None:
            return
        arch.insert(0, E.field(name="approval_can_decide"))
        buttons = E.div({"class": "d-flex gap-2 mt-2", "t-if": "record.approval_can_decide.raw_value"})
        for decision, label, style in (
            ("approved", self.env._("Approve"), "btn btn-sm btn-primary"),
            ("rejected", self.env._("Reject"), "btn btn-sm btn-secondary"),
        ):
            button = self._approval_button(decision, label, "0")
            button.set("class", style)
            buttons.append(button)
        card.append(buttons)

    def _approval_complete_search(self, arch):
        if arch.find(".//filter[@name='waits_for_me']") is None:
            field = E.filter(
                name="waits_for_me",
                string=self.env._("Waiting for Me"),
                domain="[('approval_waits_for_me', '=', True)]",
            )
            first = arch.find("filter")
            if first is None:
                arch.append(field)
            else:
                first.addprevious(field)
            arch.insert(0, E.field(name="approval_awaited_ids"))
