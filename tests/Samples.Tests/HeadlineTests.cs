using Graft.Samples.Summarisation;
using Graft.Testing;
using Graft.Text;

namespace Graft.Samples.Tests;

public class HeadlineTests
{
    [Theory]
    [InlineData("A man in a blue shirt is standing on a ladder cleaning a window.", "man standing")]
    [InlineData("Several men in hard hats are operating a giant pulley system.", "Several men operating giant pulley system")]
    [InlineData("A little girl climbing into a wooden playhouse.", "little girl climbing")]
    [InlineData("Two young, White males are outside near many bushes.", null)]
    [InlineData("A building with a painting.", null)]
    [InlineData("Standing alone.", null)]
    public void A_caption_says_who_does_what(string caption, string? headline) => Assert.Equal(headline, Headline.Of(caption));

    [Fact]
    public void Most_real_captions_have_a_headline_and_paragraphs_are_drawn_from_each_once()
    {
        var lines = TextTable.Open(RealData.Require("multi30k/val.en.gz"), new TextTableOptions { Format = TextTableFormat.Plain });
        string[] captions = [.. lines.Select(static row => row[TextTable.TextColumn])];
        var paragraphs = Paragraphs.Of("val", captions, seed: 1);
        Assert.InRange(paragraphs.Count, 200, 338);
        Assert.Equal(paragraphs.Count, paragraphs.Sources.Distinct().Count());
        Assert.All(paragraphs.Targets, static target => Assert.Equal(Paragraphs.Sentences, target.Split("; ").Length));
        Assert.Equal(paragraphs.Targets, Paragraphs.Of("val", captions, seed: 1).Targets);
        Assert.True(RougeScores.Of(paragraphs.Sources, paragraphs.Targets).RougeL.F1 > 0.3);
    }
}
