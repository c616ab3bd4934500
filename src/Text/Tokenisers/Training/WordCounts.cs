namespace Graft.Text.Tokenisers;

/// <summary>Counts the words of texts as a pipeline cuts them.</summary>
internal static class WordCounts
{
    /// <summary>How often each word occurs; longer ones are left out.</summary>
    public static Dictionary<string, long> Of(IEnumerable<string> texts, Normaliser? normaliser, PreTokeniser preTokeniser, int longest, CancellationToken cancellation)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var byLetters = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var work = new Workspace();
        foreach (string text in texts)
        {
            cancellation.ThrowIfCancellationRequested();
            work.AtBeginning = true;
            work.Text.Load(text, 0, text.Length);
            normaliser?.Apply(work);
            work.Splits.Clear();
            if (work.Text.Length > 0) work.Splits.Add(new Split(0, work.Text.Length));
            preTokeniser.Apply(work);
            foreach (var range in work.Splits)
            {
                if (range.End - range.Start > longest) continue;
                var word = work.Text.Units[range.Start..range.End];
                byLetters[word] = byLetters.TryGetValue(word, out long count) ? count + 1 : 1;
            }
        }
        return counts;
    }
}
