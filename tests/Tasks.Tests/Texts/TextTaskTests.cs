using Graft.Testing;
using Graft.Text;

namespace Graft.Tasks.Tests;

/// <summary>What tests of text tasks begin with: a folder, a tiny encoder in it, and a recipe that learns a planted case in seconds.</summary>
public abstract class TextTaskTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private protected static TextFineTuneOptions Quick { get; } = new()
    {
        BatchSize = 8,
        Recipe = new TextFineTuneOptions().Recipe with { Epochs = 30, LearningRate = 5e-3, RateDecayPerStage = 1 },
    };

    private protected string Encoder => TinyEncoder.Write(In("encoder"));

    private protected string In(string name) => folder[name];

    private protected static LabelledTexts Opinions()
    {
        string[] things = ["the film is", "the book was", "a cat is", "the dog was", "the sun is", "the moon was very"];
        var examples = things.SelectMany(static thing => (TextExample[])[new($"{thing} good ."), new($"{thing} awful ."), new($"{thing} fine"), new($"{thing} bad")]).ToList();
        return new LabelledTexts("sentiments", ["negative", "positive"], examples, [.. examples.Select(static (_, index) => index % 2 == 0 ? 1 : 0)]);
    }

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }
}
