import { cue, stems } from './cue.ts'
import type { Cue } from './cue.ts'

/** What the commonest words of some twenty other languages give away. */
export const otherCues: readonly Cue[] = [
  cue(
    'summarization',
    4,
    'asks for a summary',
    stems(
      'resum[ieoa]|résum|zusammenfass|fasse?(?:n sie)? [^\\n]{0,60}zusammen|riassum|riassunt|samenvat|резюмир|суммируй|кратк[^\\s]{0,4} (?:содержан|излож|перескаж)|podsumuj|streszcz|shrň|özetle|tóm tắt',
    ),
  ),
  cue('summarization', 4, 'asks for a summary', /总结|概括|摘要|概述|要約|まとめて|요약/u),
  cue(
    'translation',
    5,
    'asks for a translation',
    stems(
      'übersetz|tradu[cizts]|vertaal|переве(?:ди|сти)|перевод|przetłumacz|přelož|çevir|dịch (?:sang|câu|đoạn)|terjemah',
    ),
  ),
  cue('translation', 5, 'asks for a translation', /翻译|翻譯|翻訳|訳して|번역/u),
  cue(
    'rewrite',
    4,
    'asks for other words',
    stems(
      'umformulier|formulier[^\\s]{0,3} [^\\n]{0,30}um\\b|reformul|reescri[bv]|riscriv|herschrijf|перефразир|перепиши|исправь|przeredaguj|przepisz|přepiš|yeniden yaz|viết lại',
    ),
  ),
  cue('rewrite', 4, 'asks for other words', /改写|润色|改寫|重写|書き直|言い換え|添削|바꿔 ?써|다듬어/u),
  cue(
    'classification',
    4,
    'asks for a class',
    stems(
      'klassifizier|kategorisier|clasific|classifi(?:e|er|ez|car)\\b|categoriza|классифиц|sklasyfikuj|klasifikuj|sınıflandır|phân loại',
    ),
  ),
  cue('classification', 4, 'asks for a class', /分类|分類|归类|情感分析|분류/u),
  cue(
    'extraction',
    4,
    'asks to take data out',
    stems(
      'extrahier|extrae|extra(?:ia|ire|is|yez)\\b|estra(?:i|rre)\\b|haal [^\\n]{0,40}uit|извлеки|извлечь|выпиши|wyodrębnij|vytáhni|çıkar|trích xuất',
    ),
  ),
  cue('extraction', 4, 'asks to take data out', /提取|抽取|抽出|추출/u),
  cue(
    'math',
    3,
    'asks for mathematics',
    stems(
      'berechne|gleichung|rechne|calcul[aeo]|calcule|ecuaci|équation|equaz|решит?е? |реши |вычисл|найдите|уравнен|вероятност|доказ|задача|oblicz|równani|vypočít|rovnic|příklad|hesapla|tính|phương trình',
    ),
  ),
  cue(
    'math',
    3,
    'asks for mathematics',
    /计算|求(?:解|证|出|值|导|和)|证明|方程|概率|函数的|多少|数学|計算|確率|方程式|계산|방정식|확률/u,
  ),
  cue(
    'code',
    3,
    'asks for code',
    stems(
      'программ|код[аеу]? |скрипт|функци[юяи]|código|programa que|quelltext|funktion die|skript|écris (?:une fonction|un (?:script|programme))|napisz (?:program|skrypt|funkcj)',
    ),
  ),
  cue(
    'code',
    3,
    'asks for code',
    /代码|代碼|编程|程序|脚本|函数[^的]|コード|プログラム|スクリプト|코드|프로그램|함수/u,
  ),
  cue(
    'creative',
    4,
    'asks for a literary form',
    stems(
      'poema|poesía|cuento|história|historia sobre|relato|novela|canción|poème|conte |nouvelle |chanson|gedicht|geschichte (?:über|von)|märchen|racconto|poesia|стих|рассказ|сказк|басн|песн|сценари|подводк|историю|придумай|сочини|geschichte|invent[ae] |příběh|báseň|pohádk|povídk|wiersz|opowiadani|bajk|şiir|hikaye|câu chuyện|bài thơ|kịch bản|cerita|puisi',
    ),
  ),
  cue(
    'creative',
    3.5,
    'asks for invented text',
    /写(?:一|个|個|出|首|篇|段)|小说|小說|故事|诗|詩|歌词|剧本|劇本|对联|对仗|散文|作文|物語|小説|台詞|セリフ|俳句|日記|소설|이야기|시를|대본/u,
  ),
  cue(
    'reasoning',
    2.5,
    'asks to reason',
    stems(
      'schritt für schritt|logisch|paso a paso|étape par étape|passo a passo|пошагово|логическ|krok (?:za krokem|po kroku)|adım adım',
    ),
  ),
  cue('reasoning', 2.5, 'asks to reason', /一步一步|逐步|推理|逻辑|ステップ|論理|단계별|추론/u),
  cue(
    'qa',
    1.5,
    'begins like a question',
    stems(
      "qué |quién |cuál|cuándo|dónde |por qué|cómo |was (?:ist|sind|bedeutet)|wer |wie |warum |wann |wo |welche|qui |qu'est-ce|quand |où |pourquoi |comment |quel|o que |quem |como |cosa |perché |chi |что так|кто |почему |когда |где |какой |какие |как |co to |kto |dlaczego|proč |kdo |nedir|là gì|tại sao|apa itu",
    ),
  ),
  cue(
    'qa',
    1.5,
    'asks a question',
    /什么|什麼|为什么|怎么|如何|哪|谁|吗|とは|ですか|なぜ|どう|何|무엇|왜|어떻게|인가요|ما هو|لماذا|كيف/u,
  ),
]
