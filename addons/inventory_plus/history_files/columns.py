"""What the columns of a file may mean, and a guess from their names (English and Chinese)."""

import re
import unicodedata

MEANINGS = (
    "product",
    "date",
    "sold",
    "returned",
    "revenue",
    "price",
    "lines",
    "warehouse",
    "channel",
    "unit",
    "name",
    "category",
)
REQUIRED = ("product", "date", "sold")

# Best name first: the position decides when two columns fit one meaning.
NAMES = {
    "product": (
        "internal reference", "default code", "sku", "stock code", "product code", "item code", "item number",
        "item no", "article", "article number", "material", "material number", "product id", "product", "item",
        "reference", "code", "barcode", "ean", "内部参考", "内部编号", "产品编码", "产品编号", "商品编码", "商品编号",
        "物料编码", "物料号", "货号", "料号", "款号", "产品", "商品", "物料", "编码", "编号", "条码", "条形码",
    ),
    "date": (
        "date", "day", "sales date", "order date", "invoice date", "posting date", "transaction date", "sale date",
        "日期", "销售日期", "订单日期", "开票日期", "出库日期", "发货日期", "下单日期", "交易日期", "时间", "下单时间",
    ),
    "sold": (
        "sold", "sale", "sold quantity", "quantity sold", "sales quantity", "sales qty", "qty sold", "units sold",
        "units", "quantity", "qty", "sales", "demand", "销售数量", "销量", "售出数量", "出库数量", "发货数量",
        "数量", "件数",
    ),
    "returned": (
        "returned", "ret", "return", "returns", "returned quantity", "return quantity", "return qty",
        "quantity returned", "qty returned", "退货数量", "退货量", "退回数量", "退货",
    ),
    "revenue": (
        "revenue", "rev", "net revenue", "turnover", "net sales", "sales amount", "amount", "total", "subtotal",
        "line total", "net amount", "销售额", "销售金额", "收入", "营业额", "金额", "净额",
    ),
    "price": ("unit price", "price", "net price", "单价", "售价", "价格", "销售单价"),
    "lines": ("lines", "line count", "order lines", "number of lines", "行数", "订单行数", "笔数"),
    "warehouse": (
        "warehouse", "warehouse code", "wh", "store", "store code", "shop", "site", "plant", "location", "depot",
        "仓库", "仓库编码", "仓库名称", "门店", "店铺编码", "库房", "工厂",
    ),
    "channel": ("channel", "sales channel", "source", "marketplace", "platform", "渠道", "销售渠道", "平台", "店铺"),
    "unit": ("unit", "uom", "unit of measure", "measure", "计量单位", "单位"),
    "name": (
        "product name", "item name", "description", "name", "title", "article description", "产品名称", "商品名称",
        "物料名称", "物料描述", "品名", "名称", "描述",
    ),
    "category": (
        "category", "product category", "product group", "group", "family",
        "产品类别", "商品类别", "产品分类", "分类", "类别", "品类",
    ),
}  # fmt: skip


def normalise(name):
    """Column name for comparison: compatibility form, lower case, words split at case changes and signs."""
    text = unicodedata.normalize("NFKC", str(name or "")).strip()
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    text = re.sub(r"[\W_]+", " ", text.lower())
    return text.strip()


def guess_columns(header):
    """Guess what the columns mean.

    :param header: list of column names in the file's order
    :return: list of the same length with a meaning or None; each meaning at most once
    """
    names = [normalise(name) for name in header]
    squeezed = [name.replace(" ", "") for name in names]
    guesses = [None] * len(header)
    for meaning in MEANINGS:
        for candidate in NAMES[meaning]:
            wanted = candidate.replace(" ", "")
            position = next(
                (index for index, name in enumerate(squeezed) if name == wanted and guesses[index] is None), None
            )
            if position is not None:
                guesses[position] = meaning
                break
    return guesses
