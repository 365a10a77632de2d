"""What tests and benches need to drive real Odoo processes on databases of their own.

Only the standard library is used here, so that `./inventory test` can read it with the system's python3. Modules that
need Odoo or psycopg2 import them where they use them.
"""
