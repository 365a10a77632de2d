"""Installing and uninstalling the addons, alone and together, as an Odoo that knows nothing of our commands does it."""
