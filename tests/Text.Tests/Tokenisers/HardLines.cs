using System.Text;

namespace Graft.Text.Tokenisers;

/// <summary>Lines that tokenisers stumble over, the same for the same seed.</summary>
internal static class HardLines
{
    private static readonly string[] Pieces =
    [
        "the film", "It's", "don't", "WE'LL", "naïve café", "cafe\u0301", "Ünïcödé", "Straße", "İstanbul", "ΣΊΣΥΦΟΣ", "Привет", "日本語", "漢字かな交じり", "한국어", "가나다",
        "\u1112\u1161\u11ab", "हिन्दी क्षि", "ไทยภาษา", "עִבְרִית", "العربية", "\u202eabc\u202c", "😀", "👩‍👩‍👧‍👦", "👍🏽", "🇬🇧🇫🇷", "e\u0301\u0327\u0323", "a\u0315\u0300\u05ae\u0062",
        "\u200b", "\u200d", "\u00ad", "\ufeff", "\u2060", "\u00a0", "\u2009", "\u3000", "\u2028", "\t", "\n", "\r\n", "   ", "\u0001", "\u0007", "\u001b[31m", "\u007f", "\u0085",
        "[MASK]", "[SEP]", "[mask]", "<|endoftext|>", "</s>", "##ing", "▁", "...", "!?", "—", "“quoted”", "¿qué?", "C++/C#", "a@b.com",
        "https://x.y/z?q=1#f", "$3.99", "1,000,000", "3.14159", "½", "²", "Ⅷ", "１２３", "ﬁne ﬂow", "ＡＢＣ", "㍿", "℃", "𝒜𝓁𝓅𝒽𝒶", "𠀀𠮷", "𒀀", "\ufaff",
        "\u2f00", "豈", "ǅ", "ﬃ", "\ufffd", "x\u20dd", "\U0001d15e", "q\u0307\u0323", "ά", "\u1e9b\u0323",
        "superlongwordsuperlongwordsuperlongwordsuperlongwordsuperlongwordsuperlongwordsuperlongwordsuperlongwordsuperlongword",
        "antidisestablishmentarianism", "snake_case_name", "x", "\ue000", "\u0378",
    ];

    /// <summary>Lines put together of pieces, letters of any script and code points at random.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">The seed.</param>
    public static string[] Draw(int count, int seed)
    {
        var random = new Random(seed);
        var lines = new string[count];
        for (int i = 0; i < count; i++)
        {
            var line = new StringBuilder();
            for (int parts = random.Next(1, 9); parts > 0; parts--)
            {
                switch (random.Next(8))
                {
                    case 0: line.Append(Point(random)); break;
                    case 1: line.Append((char)random.Next(32, 127)); break;
                    case 2: line.Append(random.Next(100_000)); break;
                    default: line.Append(Pieces[random.Next(Pieces.Length)]); break;
                }
                if (random.Next(2) == 0) line.Append(' ');
            }
            lines[i] = line.ToString();
        }
        return lines;
    }

    private static Rune Point(Random random)
    {
        while (true)
        {
            int point = random.Next(4) == 0 ? random.Next(0x10000, 0x20000) : random.Next(0xA0, 0x10000);
            if (Rune.TryCreate(point, out var rune)) return rune;
        }
    }
}
