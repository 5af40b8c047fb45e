"""Invented parties, numbers with right check digits, dates and amounts.

Nobody is meant: places do not exist, identity numbers and credit codes carry the
region 999999, which is nobody's. Everything is drawn from one random source, so that
the same seed and paper give the same parties.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from .check_digits import (
    with_id_check,
    with_luhn,
    with_organisation_check,
    with_uscc_check,
)
from .written_dates import arabic, dashed, dotted, numerals, padded

T = TypeVar("T")

REGION = "999999"
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔"
    "曹严华金魏陶姜谢邹窦章苏潘葛范彭鲁韦马苗方俞任袁柳"
)
_GIVEN = (
    "明华建国志强丽娟秀英伟芳敏静杰磊洋艳勇军涛超霞平"
    "刚桂兰婷雪琳晨阳浩宇欣怡子轩梓涵思远文博嘉怡立新海燕"
)
_PLACES = [
    "云岭",
    "临江",
    "海岳",
    "青禾",
    "澜川",
    "东澄",
    "南屏",
    "西泠",
    "北溟",
    "望川",
]
_DISTRICTS = ["清源", "云台", "滨湖", "松岭", "长宁", "永安", "新桥", "龙泉"]
_ROADS = [
    "解放路",
    "人民大道",
    "科技园一路",
    "滨河东路",
    "创业街",
    "学府路",
    "工业北路",
    "望江路",
]
_BRANDS = [
    "恒信",
    "瑞丰",
    "鼎盛",
    "博远",
    "中科汇",
    "启明",
    "万象",
    "宏图",
    "金石",
    "绿源",
    "天衡",
    "华睿",
    "联创",
    "卓越",
]
_TRADES = [
    "科技",
    "贸易",
    "机电设备",
    "建筑工程",
    "物流",
    "食品",
    "医疗器械",
    "新材料",
    "信息技术",
    "商贸",
]
_BANKS = [
    "云岭商业银行",
    "临江农村商业银行",
    "海岳发展银行",
    "澜川银行",
    "东澄城市银行",
]


@dataclass(frozen=True, slots=True)
class Person:
    """A natural person."""

    name: str
    sex: str
    born: date
    id_no: str
    phone: str
    address: str
    card: str


@dataclass(frozen=True, slots=True)
class Company:
    """A firm, with the bank account that its papers name."""

    name: str
    uscc: str
    address: str
    head: str
    phone: str
    bank: str
    account: str


class Maker:
    """Draws everything a paper needs from one seed."""

    def __init__(self, seed: int, name: str) -> None:
        self.random = random.Random(f"{seed}/{name}")
        self.place = self.pick(_PLACES)
        self.district = self.pick(_DISTRICTS)

    def pick(self, choices: Sequence[T]) -> T:
        """One of `choices`."""
        return self.random.choice(choices)

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self.random.randint(low, high)

    def digits(self, count: int) -> str:
        """So many digits, the first not 0."""
        return str(self.number(1, 9)) + "".join(
            str(self.number(0, 9)) for _ in range(count - 1)
        )

    def name(self) -> str:
        """A person's name of two or three characters."""
        given = "".join(self.random.sample(_GIVEN, self.number(1, 2)))
        return self.pick(_SURNAMES) + given

    def address(self) -> str:
        """Somewhere in the made-up city of this paper."""
        room = f"{self.number(1, 9)}幢{self.number(101, 2608)}室"
        road = f"{self.pick(_ROADS)}{self.number(2, 999)}号"
        return f"{self.place}市{self.district}区{road}{room}"

    def phone(self) -> str:
        """A mobile number that is not given out."""
        return f"{self.pick(['166', '170', '199'])}0000{self.number(1000, 9999)}"

    def person(self) -> Person:
        """A grown-up person."""
        born = date(1955, 1, 1) + timedelta(days=self.number(0, 17000))
        serial = self.number(100, 999)
        sex = "男" if serial % 2 else "女"
        id_no = with_id_check(f"{REGION}{born:%Y%m%d}{serial}")
        return Person(
            self.name(), sex, born, id_no, self.phone(), self.address(), self.card()
        )

    def card(self) -> str:
        """A card number with its Luhn digit."""
        return with_luhn("62" + self.digits(16))

    def company(self) -> Company:
        """A limited company."""
        brand, trade = self.pick(_BRANDS), self.pick(_TRADES)
        kind = self.pick(["有限公司", "有限公司", "有限责任公司", "股份有限公司"])
        name = f"{self.place}{brand}{trade}{kind}"
        bank = f"{self.pick(_BANKS)}{self.district}支行"
        account = self.digits(self.pick([15, 16, 17, 19]))
        return Company(
            name, self.uscc(), self.address(), self.name(), self.phone(), bank, account
        )

    def companies(self) -> tuple[Company, Company]:
        """Two that have different names."""
        first, second = self.company(), self.company()
        while second.name == first.name:
            second = self.company()
        return first, second

    def uscc(self) -> str:
        """A unified social credit code (GB 32100) with both check characters."""
        body = "".join(self.pick("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(8))
        return with_uscc_check("91" + REGION + with_organisation_check(body))

    def day(self, first: int = 2018, last: int = 2025) -> date:
        """Some day of these years."""
        start = date(first, 1, 3)
        return start + timedelta(days=self.number(0, (date(last, 10, 20) - start).days))

    def money(self, low: int, high: int) -> int:
        """An amount in fen: round, or to the last fen."""
        yuan = self.number(low, high)
        return self.pick(
            [yuan // 100 * 100 * 100, yuan * 100, yuan * 100 + self.number(1, 99)]
        )

    def written(self, day: date) -> str:
        """The day in one of the ways in which papers write it."""
        return self.pick([arabic, arabic, padded, dashed, dotted, numerals])(day)
