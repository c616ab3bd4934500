namespace Graft.Models.Tests;

/// <summary>Words 0 to 4, end 5, what asks for no times 6, times from 7.</summary>
public sealed class WhisperTimestampsTests
{
    private const int End = 5, First = 7, Vocabulary = 20;

    private static readonly WhisperTimestamps Times = new(First, End);

    [Fact]
    public void What_was_written_falls_into_stretches()
    {
        var segments = Times.Segments([First, 1, 2, First + 5, First + 5, 3, First + 9, First + 9, 4, End]);
        Assert.Equal([(0.0, (double?)0.1, "1 2"), (0.1, 0.18, "3"), (0.18, null, "4")], segments.Select(one => (one.Start!.Value, one.End, string.Join(' ', one.Tokens))));
        var plain = Assert.Single(Times.Segments([1, 2, End]));
        Assert.Equal((null, null, 2), (plain.Start, plain.End, plain.Tokens.Count));
        Assert.Empty(Times.Segments([]));
    }

    [Fact]
    public void A_text_begins_with_an_early_time() => Assert.Equal([First, First + 1, First + 2], Allowed([], latest: 2));

    [Fact]
    public void Behind_a_single_time_a_word_comes_and_behind_the_end_of_a_stretch_a_time_or_the_end()
    {
        Assert.Equal([0, 1, 2, 3, 4, 5], Allowed([First + 2]));
        Assert.Equal([0, 1, 2, 3, 4, 5], Allowed([First, 1, First + 3, First + 3]));
        Assert.Equal([5, .. Enumerable.Range(First + 3, Vocabulary - First - 3)], Allowed([First, 1, First + 3], time: -9));
    }

    [Fact]
    public void Times_never_go_back_and_one_comes_where_together_they_are_likelier_than_a_word()
    {
        Assert.Equal([0, 1, 2, 3, 4, 5, .. Enumerable.Range(First + 5, Vocabulary - First - 5)], Allowed([First + 4, 1, 2], time: -9));
        Assert.Equal(Enumerable.Range(First + 5, Vocabulary - First - 5), Allowed([First + 4, 1, 2], time: -1));
        Assert.Throws<ArgumentException>(() => new WhisperTimestamps(Vocabulary, End).Rules().Apply([1], 1, new float[Vocabulary]));
    }

    private static IEnumerable<int> Allowed(int[] written, int? latest = null, float time = 0)
    {
        var scores = new float[Vocabulary];
        scores.AsSpan(First).Fill(time);
        Times.Rules(latest).Apply([.. new[] { 1 }, .. written], 1, scores);
        return Enumerable.Range(0, Vocabulary).Where(token => !float.IsNegativeInfinity(scores[token]));
    }
}
