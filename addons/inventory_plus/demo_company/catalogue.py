"""What the company sells and whom it buys from."""

from dataclasses import dataclass, field

import numpy as np

from .demand import CLASSES

WAREHOUSES = (
    # code, name, Chinese name, share of the demand, share of the range
    ("WH", "Main Warehouse", "总仓", 0.60, 1.0),
    ("BR", "North Branch", "北区分仓", 0.25, 0.6),
    ("SHOP", "City Shop", "市区门店", 0.15, 0.35),
)

# name, Chinese name, cost method, unit, weight of lots, [(noun, Chinese noun)], cost range
CATEGORIES = (
    ("Tea and Coffee", "茶与咖啡", "average", "unit", "expiry", (
        ("Green Tea", "绿茶"), ("Black Tea", "红茶"), ("Espresso Beans", "浓缩咖啡豆"), ("Oolong", "乌龙茶"),
        ("Decaf Beans", "低因咖啡豆")), (4, 18)),
    ("Snacks", "零食", "average", "unit", "expiry", (
        ("Oat Cookies", "燕麦饼干"), ("Rice Crackers", "米饼"), ("Fruit Bar", "水果棒"), ("Nut Mix", "混合坚果"),
        ("Dark Chocolate", "黑巧克力")), (1, 6)),
    ("Bulk Food", "散装食品", "average", "kg", "expiry", (
        ("Jasmine Rice", "茉莉香米"), ("Red Lentils", "红扁豆"), ("Almonds", "杏仁"), ("Raisins", "葡萄干")), (2, 12)),
    ("Kitchen", "厨房用品", "standard", "unit", "", (
        ("Mug", "马克杯"), ("Bowl", "碗"), ("Cutting Board", "砧板"), ("Pan", "平底锅"), ("Kettle", "水壶"),
        ("Storage Jar", "密封罐")), (3, 30)),
    ("Stationery", "文具", "standard", "unit", "", (
        ("Notebook", "笔记本"), ("Fountain Pen", "钢笔"), ("Desk Lamp", "台灯"), ("Folder", "文件夹"),
        ("Marker Set", "马克笔套装")), (1, 22)),
    ("Tools", "工具", "average", "unit", "", (
        ("Screwdriver", "螺丝刀"), ("Hammer", "锤子"), ("Drill Bit", "钻头"), ("Tape Measure", "卷尺"),
        ("Wrench", "扳手")), (4, 45)),
    ("Cables and Wire", "线缆", "average", "m", "", (
        ("Speaker Cable", "音箱线"), ("Copper Wire", "铜线"), ("Network Cable", "网线")), (1, 5)),
    ("Electronics", "电子产品", "average", "unit", "lot", (
        ("Charger", "充电器"), ("Headphones", "耳机"), ("USB Hub", "USB集线器"), ("Webcam", "摄像头"),
        ("Power Bank", "移动电源")), (8, 70)),
    ("Lighting", "灯具", "average", "unit", "", (
        ("LED Bulb", "LED灯泡"), ("Light Strip", "灯带"), ("Wall Lamp", "壁灯")), (2, 35)),
    ("Garden", "园艺", "average", "unit", "", (
        ("Flower Pot", "花盆"),
        ("Watering Can", "喷壶"), ("Garden Shears", "园艺剪"), ("Bird House", "鸟屋")), (3, 28)),
    ("Gifts", "礼品", "standard", "unit", "", (
        ("Candle", "蜡烛"), ("Gift Box", "礼盒"), ("Photo Frame", "相框"), ("Ornament", "挂饰")), (2, 20)),
    ("Care", "个人护理", "average", "unit", "expiry", (
        ("Hand Cream", "护手霜"), ("Soap", "香皂"), ("Sunscreen", "防晒霜"), ("Shampoo", "洗发水")), (2, 15)),
)  # fmt: skip

ADJECTIVES = (
    ("Classic", "经典"), ("Blue", "蓝色"), ("Red", "红色"), ("Large", "大号"), ("Small", "小号"), ("Premium", "高级"),
    ("Travel", "旅行装"), ("Natural", "天然"), ("Compact", "紧凑型"), ("Family", "家庭装"), ("Green", "绿色"),
    ("Black", "黑色"), ("White", "白色"), ("Nordic", "北欧"), ("Urban", "都市"), ("Vintage", "复古"),
)  # fmt: skip

# name, promised lead time in days, true mean as a multiple of it, coefficient of variation, chance of a split delivery
SUPPLIERS = (
    ("Alder Trading", 7, 1.00, 0.05, 0.02),
    ("Birch & Co", 10, 1.00, 0.08, 0.02),
    ("Cedar Imports", 21, 1.05, 0.10, 0.05),
    ("Delta Wholesale", 5, 1.00, 0.10, 0.03),
    ("Ember Foods", 7, 1.10, 0.15, 0.05),
    ("Fern Manufacturing", 14, 1.00, 0.07, 0.02),
    ("Granite Tools", 14, 1.45, 0.45, 0.25),
    ("Harbour Freight Goods", 35, 1.15, 0.20, 0.10),
    ("Iris Electronics", 28, 1.30, 0.40, 0.20),
    ("Juniper Garden", 10, 1.60, 0.50, 0.30),
    ("Kestrel Paper", 7, 1.00, 0.06, 0.02),
    ("Lotus Home", 45, 1.10, 0.15, 0.10),
)

CUSTOMERS = tuple(
    f"{first} {second}"
    for first in ("Amber", "Baker", "Cloud", "Daisy", "Eagle", "Forest", "Grand", "Hill")
    for second in ("Store", "Market", "Trading", "Living", "Supplies")
)


@dataclass
class Product:
    """One product of the catalogue; money in the company's currency, quantities in its unit."""

    index: int
    code: str
    name: str
    name_zh: str
    barcode: str
    category: int
    unit: str
    demand_class: str
    cost: float
    price: float
    tracking: str
    shelf_life: int
    supplier: int
    lot_size: float
    buy_in_dozens: bool
    ranges: tuple = ()


@dataclass
class Catalogue:
    """Products and the constants of this module under one name."""

    products: list = field(default_factory=list)
    categories: tuple = CATEGORIES
    warehouses: tuple = WAREHOUSES
    suppliers: tuple = SUPPLIERS
    customers: tuple = CUSTOMERS


def ean13(number):
    """EAN-13 in the range for use within a company (20...), with its check digit."""
    body = f"20{number:010d}"
    total = sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(body))
    return body + str(-total % 10)


def build_catalogue(seed, count):
    """Catalogue of ``count`` products; every demand class is in it once there are a few dozen."""
    rng = np.random.default_rng([seed, 1])
    classes = _spread_classes(rng, count)
    catalogue = Catalogue()
    names = set()
    for index in range(count):
        category = index % len(CATEGORIES)
        catalogue.products.append(_product(rng, index, category, classes[index], names))
    return catalogue


def _spread_classes(rng, count):
    names = [name for name, _share in CLASSES]
    shares = np.array([share for _name, share in CLASSES])
    exact = shares / shares.sum() * count
    numbers = np.floor(exact).astype(int)
    for position in np.argsort(numbers - exact)[: count - numbers.sum()]:
        numbers[position] += 1
    classes = np.repeat(names, numbers)
    rng.shuffle(classes)
    return [str(name) for name in classes]


def _product(rng, index, category, demand_class, names):
    _name, _zh, _method, unit, lots, nouns, (low, high) = CATEGORIES[category]
    noun, noun_zh = nouns[rng.integers(len(nouns))]
    while True:
        adjective, adjective_zh = ADJECTIVES[rng.integers(len(ADJECTIVES))]
        number = int(rng.integers(1, 99))
        name = f"{adjective} {noun} {number:02d}"
        if name not in names:
            names.add(name)
            break
    cost = round(float(np.exp(rng.uniform(np.log(low), np.log(high)))), 2)
    supplier = (category + int(rng.integers(0, 3)) * 4) % len(SUPPLIERS)
    tracked = lots and rng.random() < (0.6 if lots == "expiry" else 0.5)
    dozens = unit == "unit" and not tracked and rng.random() < 0.15
    lot_size = 12.0 if dozens else float(rng.choice([1, 5, 10, 20]))
    ranges = tuple(position == 0 or bool(rng.random() < share) for position, (*_rest, share) in enumerate(WAREHOUSES))
    return Product(
        index=index,
        code=f"{CATEGORIES[category][0][:2].upper()}{index + 1:04d}",
        name=name,
        name_zh=f"{adjective_zh}{noun_zh} {number:02d}",
        barcode=ean13(index + 1),
        category=category,
        unit=unit,
        demand_class=demand_class,
        cost=cost,
        price=round(cost * float(rng.uniform(1.4, 2.4)), 2),
        tracking="lot" if tracked else "none",
        shelf_life=int(rng.integers(240, 540)) if tracked and lots == "expiry" else 0,
        supplier=supplier,
        lot_size=lot_size,
        buy_in_dozens=dozens,
        ranges=ranges,
    )
