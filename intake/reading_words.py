"""What to tell people: one sentence for each reason and each finding.

The codes are stored and compared; these words are shown. The command line, the
pages and the papers all read them here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from intake.reading import UnreadableReason


@dataclass(frozen=True, slots=True)
class Sentence:
    """The same sentence in Chinese and in English."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """The sentence for `zh-CN` or `en`."""
        return self.zh if language.startswith("zh") else self.en


UNREADABLE: Final[dict[UnreadableReason, Sentence]] = {
    UnreadableReason.EMPTY: Sentence(
        "文件是空的（0 字节）。", "The file is empty (0 bytes)."
    ),
    UnreadableReason.CORRUPT: Sentence(
        "文件已损坏，无法打开；请向提供人索取完好的文件。",
        "The file is damaged and does not open; ask the sender for a sound one.",
    ),
    UnreadableReason.TRUNCATED: Sentence(
        "文件不完整，后面的内容缺失；请重新传送或拷贝。",
        "The file is cut off; its end is missing. Have it sent or copied again.",
    ),
    UnreadableReason.ENCRYPTED: Sentence(
        "文件已加密，需要密码；请索取密码或未加密的文件。",
        "The file is encrypted and needs a password; ask for it or for an open copy.",
    ),
    UnreadableReason.NO_PAGES: Sentence(
        "文件中没有任何页面或内容。", "The file has no pages and no content."
    ),
    UnreadableReason.TYPE_NOT_ALLOWED: Sentence(
        "不读取这种类型的文件（程序、脚本或含宏的文档等）。",
        "Files of this type (programs, scripts, documents with macros …) are not read.",
    ),
    UnreadableReason.TYPE_MISMATCH: Sentence(
        "文件内容与扩展名不符，且不是可读取的类型；请核对来源。",
        "The content is not what the file name says, nor a type that is read; check"
        " where it came from.",
    ),
    UnreadableReason.LIMIT_PAGES: Sentence(
        "页数超过上限；请拆分后重新提交。",
        "The file has more pages than the limit; split it and submit the parts.",
    ),
    UnreadableReason.LIMIT_PIXELS: Sentence(
        "图片像素过多，超过上限；请用较低的分辨率重新扫描。",
        "The picture has more pixels than the limit; scan it at a lower resolution.",
    ),
    UnreadableReason.LIMIT_TIME: Sentence(
        "读取超时，已停止；文件可能有问题，请人工查看。",
        "Reading took too long and was stopped; have a person look at the file.",
    ),
    UnreadableReason.LIMIT_MEM: Sentence(
        "读取所需的内存超过上限，已停止；请人工查看。",
        "Reading needed more memory than the limit and was stopped; have a person"
        " look at the file.",
    ),
    UnreadableReason.LIMIT_OUTPUT: Sentence(
        "读取产生的数据超过上限，已停止。",
        "Reading produced more data than the limit and was stopped.",
    ),
    UnreadableReason.XML_ENTITIES: Sentence(
        "文件中定义了 XML 实体（常见的攻击手法），未读取。",
        "The file defines XML entities, a known attack, and was not read.",
    ),
    UnreadableReason.NESTING_LIMIT: Sentence(
        "压缩包或邮件嵌套层数超过上限；请先解开再提交。",
        "Archives or messages are nested deeper than the limit; unpack them first.",
    ),
    UnreadableReason.ARCHIVE_UNSAFE_PATH: Sentence(
        "压缩包内的文件名试图写到包外或不合法，未解开。",
        "A name in the archive points outside it or is not valid; it was not unpacked.",
    ),
    UnreadableReason.ARCHIVE_SYMLINK: Sentence(
        "压缩包内含有链接或设备文件，未解开。",
        "The archive holds links or devices; nothing was unpacked.",
    ),
    UnreadableReason.ARCHIVE_BOMB: Sentence(
        "压缩包解开后异常庞大（疑似“压缩炸弹”），未解开。",
        "The archive grows suspiciously when unpacked (a “bomb”); it was not unpacked.",
    ),
    UnreadableReason.ARCHIVE_MEMBER_LIMIT: Sentence(
        "压缩包内文件数超过上限；请分成几个压缩包提交。",
        "The archive holds more files than the limit; submit it in parts.",
    ),
    UnreadableReason.KILLED_READER: Sentence(
        "读取程序异常终止，已停止重试；请人工查看。",
        "The reading program died on this file and will not be started on it again;"
        " have a person look at it.",
    ),
    UnreadableReason.NO_READER: Sentence(
        "本系统暂不读取这种格式；请另附 PDF 或图片。",
        "This format is not read here; add a PDF or a picture of it.",
    ),
    UnreadableReason.TOOL_MISSING: Sentence(
        "本机缺少读取所需的程序；请管理员安装后重新读取，或人工填写。",
        "A program needed for reading is not installed; have it installed and read"
        " again, or enter the data by hand.",
    ),
}

FINDINGS: Final[dict[str, Sentence]] = {
    "ACTIVE_CONTENT": Sentence(
        "文件含脚本或自动动作，未执行。",
        "The file holds scripts or automatic actions; none was run.",
    ),
    "AMBIGUOUS": Sentence(
        "文件可以有不止一种解读，请人工核对。",
        "The file can be read in more than one way; compare it by eye.",
    ),
    "ANIMATED": Sentence(
        "动图，仅显示第一帧。", "An animated picture; its first frame is shown."
    ),
    "ARCHIVE_MEMBER_UNREADABLE": Sentence(
        "压缩包内有的文件无法解开。", "Some files in the archive could not be unpacked."
    ),
    "ATTACHMENTS": Sentence("内含附件。", "The file carries attachments."),
    "BLANK_RENDER": Sentence(
        "页面有内容但显示为空白，图像不可代表原文件。",
        "A page has content but was drawn blank; its picture does not show the file.",
    ),
    "CHAT": Sentence(
        "导出的聊天记录（消息条数、发言人数、起止日期；文字原样保留，未核实来源）。",
        "An exported chat: messages, speakers, first and last day. Its text is as it"
        " came; who exported it was not verified.",
    ),
    "CLAIMED_PAGES": Sentence(
        "页数为文件自称，未经核实。", "The number of pages is what the file claims."
    ),
    "DRAWN_HERE": Sentence(
        "页面图像由本系统按文件内容绘制，字体、分页与印章可能与原软件显示不同；"
        "以原件为准。",
        "The pages were drawn here from the file; fonts, page breaks and seals may"
        " differ from its own program. The file itself is what counts.",
    ),
    "ENCRYPTED": Sentence(
        "其中一部分已加密，未读取。", "A part of it is encrypted and was not read."
    ),
    "EXTERNAL_REF": Sentence(
        "文件引用外部资源，未访问。",
        "The file refers to outside resources; none was fetched.",
    ),
    "HIDDEN_CONTENT": Sentence("文件含隐藏内容。", "The file has hidden content."),
    "INCREMENTAL_UPDATES": Sentence(
        "文件经过多次保存，内含较早版本。",
        "The file was saved more than once and holds earlier versions.",
    ),
    "LIMIT_PIXELS": Sentence(
        "有的画面尺寸过大或比例不合理，未显示。",
        "Some pictures are too large or of an impossible shape and are not shown.",
    ),
    "LOW_SCORE": Sentence(
        "文字识别把握较低，请核对。", "The text was read with low confidence; check it."
    ),
    "NAME_ENCODING": Sentence(
        "压缩包内文件名未注明编码，按中文编码解读。",
        "File names in the archive state no encoding; they were read as Chinese.",
    ),
    "NO_TRANSCRIPT": Sentence(
        "未转写成文字：本机未安装语音识别模型，需人工听取。",
        "No transcript was made: no speech model is installed here; a person has to"
        " listen.",
    ),
    "PAGE_COUNT_DISAGREES": Sentence(
        "两种程序得到的页数不同，请人工核对页数。",
        "Two readers count different pages; count them by hand.",
    ),
    "PAGE_UNREADABLE": Sentence("有的页面无法显示。", "Some pages could not be drawn."),
    "PART_MISSING": Sentence(
        "文件引用的部分内容缺失或无法读取，所见不全。",
        "Parts that the file refers to are missing or unreadable; what is shown is"
        " incomplete.",
    ),
    "PICTURES_INSIDE": Sentence(
        "文件内含图片，图片中的文字未读取。",
        "The file holds pictures; the words in them were not read.",
    ),
    "PRIVACY_EXIF": Sentence(
        "原文件含位置等拍摄信息；供查看的图片已去除。",
        "The original holds a position or other private data; the pictures shown do"
        " not.",
    ),
    "RECORDING": Sentence(
        "音视频的时长与编码。", "Duration and codecs of the recording."
    ),
    "MEMBER_REFUSED": Sentence(
        "包内有文件未单独入库（空文件或可执行程序；原包完整保留）。",
        "A file inside was not taken as an exhibit (empty, or a program); the whole"
        " package is kept.",
    ),
    "AMOUNT_DISAGREES": Sentence(
        "大写金额与小写金额不一致，请核对原件。",
        "An amount in words and its figures are not the same; look at the original.",
    ),
    "SYSTEM_FILES": Sentence(
        "压缩包内的系统附带文件未单独入库（原压缩包完整保留）。",
        "Files that a system added to the archive were not taken as exhibits; the"
        " archive itself is kept whole.",
    ),
    "SEVERAL_DOCUMENTS": Sentence(
        "一个文件内含多份文档，页码连续编排。",
        "One file holds several documents; their pages are numbered through.",
    ),
    "SIGNED": Sentence(
        "文件带有电子签名，未在此验证。",
        "The file carries an electronic signature, which was not verified here.",
    ),
    "SEARCHABLE_DIFFERS": Sentence(
        "可检索 PDF 的页面与原件的页面图像不一致，未保留。",
        "The searchable PDF's pages were not those of the original; it was not kept.",
    ),
    "SPEAKER_NOTES": Sentence(
        "幻灯片带有备注，备注列于该页文字之后。",
        "Slides carry speaker's notes; they stand after the text of their slide.",
    ),
    "TEXT_CUT": Sentence(
        "文字过长，仅保留前一部分。", "The text is very long; its beginning is kept."
    ),
    "TEXT_ENCODING": Sentence(
        "文字编码不明，可能有乱码。", "The encoding is unclear; some text may be wrong."
    ),
    "TEXT_LAYER": Sentence(
        "第二种程序无法读取此文件，文字以显示程序所得为准。",
        "A second reader does not open the file; the text is the renderer's.",
    ),
    "TEXT_LAYER_LIES": Sentence(
        "文件自带的文字与页面显示的内容明显不符，已改用图像识别的文字；自带文字仍留在"
        "原文件中。",
        "The file's own text clearly says something else than its pages show; the text"
        " read from the pictures is used, the own text stays in the original.",
    ),
    "TOOL_MISSING": Sentence(
        "本机缺少所需程序，部分信息未读取。",
        "A program is not installed; some information was not read.",
    ),
    "TURNED": Sentence("页面已转正显示。", "Pages were turned upright."),
    "TYPE_MISMATCH": Sentence(
        "扩展名与文件内容不符。", "The file name's ending is not what the content is."
    ),
    "XFA": Sentence(
        "动态表单（XFA），所见页面可能不是真实内容。",
        "A dynamic form (XFA); the pages shown may not be its content.",
    ),
}


def reason_words(code: str, language: str) -> str:
    """The sentence for a stored reason; the code itself if it is unknown."""
    try:
        return UNREADABLE[UnreadableReason(code)].in_language(language)
    except ValueError:
        return code


def finding_words(code: str, language: str) -> str:
    """The sentence for a stored finding; the code itself if it is unknown."""
    sentence = FINDINGS.get(code)
    return code if sentence is None else sentence.in_language(language)
