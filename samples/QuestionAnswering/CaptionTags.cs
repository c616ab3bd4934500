using Graft.Text;

namespace Graft.Samples.QuestionAnswering;

/// <summary>The parts of sentences as entities of words, IOB2's tags: B-WHO, I-WHO, and so on.</summary>
public static class CaptionTags
{
    /// <summary>A sentence's words and their tags: WHO, CLOTHES, THING and PLACE.</summary>
    /// <param name="caption">The sentence.</param>
    public static TaggedSentence Of(Caption caption)
    {
        ArgumentNullException.ThrowIfNull(caption);
        string[] words = caption.Text[..^1].Split(' ');
        string[] tags = [.. words.Select(static _ => "O")];
        int subject = Count(caption.Subject), clothes = Count(caption.Clothes);
        // the word before clothes, "in" or "wearing", belongs to neither
        Mark("WHO", 0, clothes > 0 ? subject - clothes - 1 : subject);
        Mark("CLOTHES", subject - clothes, clothes);
        Mark("THING", subject + 2, Count(caption.Thing));
        Mark("PLACE", words.Length - Count(caption.Place), Count(caption.Place));
        return new TaggedSentence(words, tags);

        void Mark(string type, int start, int count)
        {
            for (int i = 0; i < count; i++) tags[start + i] = $"{(i == 0 ? 'B' : 'I')}-{type}";
        }
    }

    /// <summary>Writes sentences in CoNLL's columns.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sentences">The sentences.</param>
    public static void Write(string path, IEnumerable<TaggedSentence> sentences)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        using var file = new StreamWriter(path) { NewLine = "\n" };
        foreach (var sentence in sentences)
        {
            for (int i = 0; i < sentence.Words.Count; i++) file.WriteLine($"{sentence.Words[i]}\t{sentence.Tags[i]}");
            file.WriteLine();
        }
    }

    private static int Count(string? words) => words is null ? 0 : words.Split(' ').Length;
}
