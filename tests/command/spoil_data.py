"""Given to Odoo's shell: puts one wrong thing of each kind into a database, by SQL where Odoo would refuse it."""

env = globals()["env"]
stock = env["stock.warehouse"].search([], limit=1).lot_stock_id
kinds = ("NEG", "OVER", "DOUBLE", "OUTSIDE", "A-1", "A-2", "B-1", "b-1 ", "C-1", "C-2", "C-3", "C-4", "C-5")
products = {
    code: env["product.product"].create(
        {"name": "Negative" if code == "NEG" else f"Article {code}", "default_code": code, "is_storable": True}
    )
    for code in kinds
}
outside = env["stock.location"].create({"name": "Shed", "usage": "internal"})
env.flush_all()
cr = env.cr
quant = (
    "INSERT INTO stock_quant (product_id, location_id, company_id, quantity, reserved_quantity, in_date)"
    " VALUES (%s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC')"
)
company = env.company.id
cr.execute(quant, [products["NEG"].id, stock.id, company, -3, 0])
cr.execute(quant, [products["OVER"].id, stock.id, company, 5, 8])
cr.execute(quant, [products["DOUBLE"].id, stock.id, company, None, 0])
cr.execute(quant, [products["DOUBLE"].id, stock.id, company, 3, 0])
cr.execute(quant, [products["OUTSIDE"].id, outside.id, company, 7, 0])
write = "UPDATE product_product SET {} = %s WHERE id = %s"
cr.execute(write.format("default_code"), ["A-1", products["A-2"].id])
cr.execute(write.format("barcode"), ["400", products["C-1"].id])
cr.execute(write.format("barcode"), ["400", products["C-2"].id])
cr.execute(write.format("barcode"), ["x9", products["C-3"].id])
cr.execute(write.format("barcode"), ["X9", products["C-4"].id])
cr.execute(write.format("barcode"), ["box", products["C-5"].id])
cr.execute(
    "INSERT INTO product_uom (uom_id, product_id, barcode) VALUES (%s, %s, 'box')",
    [env.ref("uom.product_uom_dozen").id, products["A-1"].id],
)
cr.commit()
print("spoiled")
