"""What the elements of Chinese electronic invoices in XML are called on the paper.

Three families: the fully digitised invoice of the tax authorities' platform (root
`EInvoice`), the file inside an OFD invoice (`eInvoice`), and the billing interfaces of
tax control devices, whose names are first letters of Pinyin (`FP_DM`: 发票代码).
"""

from __future__ import annotations

from typing import Final

LABELS: Final[dict[str, str]] = {
    # fully digitised invoices
    "EIid": "电子发票标识",
    "EInvoiceType": "发票种类",
    "GeneralOrSpecialVAT": "票种",
    "InIssuType": "开具类型",
    "TaxpayerType": "纳税人类型",
    "InvoiceNumber": "发票号码",
    "IssueTime": "开票日期",
    "RequestTime": "开票申请时间",
    "TaxBureauName": "税务机关",
    "TaxBureauCode": "税务机关代码",
    "SellerIdNum": "销售方统一社会信用代码/纳税人识别号",
    "SellerAddr": "销售方地址",
    "SellerTelNum": "销售方电话",
    "SellerBankName": "销售方开户行",
    "SellerBankAccNum": "销售方银行账号",
    "BuyerIdNum": "购买方统一社会信用代码/纳税人识别号",
    "BuyerAddr": "购买方地址",
    "BuyerTelNum": "购买方电话",
    "BuyerBankName": "购买方开户行",
    "BuyerBankAccNum": "购买方银行账号",
    "TotalAmWithoutTax": "合计金额",
    "TotalTaxAm": "合计税额",
    "TotalTax-includedAmount": "价税合计（小写）",
    "TotalTax-includedAmountInChinese": "价税合计（大写）",
    "Drawer": "开票人",
    "ItemName": "项目名称",
    "SpecMod": "规格型号",
    "MeaUnits": "单位",
    "UnPrice": "单价",
    "TaxRate": "税率/征收率",
    "ComTaxAm": "税额",
    "TotaltaxIncludedAmount": "含税金额",
    "TaxClassificationCode": "税收分类编码",
    "Remark": "备注",
    # the file inside an OFD invoice
    "InvoiceCode": "发票代码",
    "InvoiceNo": "发票号码",
    "IssueDate": "开票日期",
    "InvoiceCheckCode": "校验码",
    "MachineNo": "机器编号",
    "TaxControlCode": "密码区",
    "BuyerName": "购买方名称",
    "BuyerTaxID": "购买方纳税人识别号",
    "BuyerAddrTel": "购买方地址、电话",
    "BuyerFinancialAccount": "购买方开户行及账号",
    "SellerName": "销售方名称",
    "SellerTaxID": "销售方纳税人识别号",
    "SellerAddrTel": "销售方地址、电话",
    "SellerFinancialAccount": "销售方开户行及账号",
    "TaxInclusiveTotalAmount": "价税合计",
    "TaxTotalAmount": "合计税额",
    "TaxExclusiveTotalAmount": "合计金额",
    "Note": "备注",
    "InvoiceClerk": "开票人",
    "Payee": "收款人",
    "Checker": "复核人",
    "Item": "项目名称",
    "Specification": "规格型号",
    "MeasurementDimension": "单位",
    "Price": "单价",
    "Quantity": "数量",
    "Amount": "金额",
    "TaxScheme": "税率",
    "TaxAmount": "税额",
    # billing interfaces
    "FP_DM": "发票代码",
    "FPDM": "发票代码",
    "FP_HM": "发票号码",
    "FPHM": "发票号码",
    "KPRQ": "开票日期",
    "JYM": "校验码",
    "JQBH": "机器编号",
    "XSF_MC": "销售方名称",
    "XSF_NSRSBH": "销售方纳税人识别号",
    "XSF_DZDH": "销售方地址、电话",
    "XSF_YHZH": "销售方开户行及账号",
    "GMF_MC": "购买方名称",
    "GMF_NSRSBH": "购买方纳税人识别号",
    "GMF_DZDH": "购买方地址、电话",
    "GMF_YHZH": "购买方开户行及账号",
    "JSHJ": "价税合计",
    "HJJE": "合计金额",
    "HJSE": "合计税额",
    "KPR": "开票人",
    "SKR": "收款人",
    "FHR": "复核人",
    "BZ": "备注",
    "XMMC": "项目名称",
    "GGXH": "规格型号",
    "DW": "单位",
    "XMSL": "数量",
    "XMDJ": "单价",
    "XMJE": "金额",
    "SL": "税率",
    "SE": "税额",
}

DATES: Final = frozenset({"IssueTime", "IssueDate", "KPRQ"})
"""Elements that hold the day of issue (开票日期)."""

NUMBERS: Final = frozenset({"InvoiceNumber", "InvoiceNo", "FP_HM", "FPHM"})
"""Elements that hold the number of the invoice; one of them makes it an invoice."""

TITLE: Final = "电子发票"
