namespace Graft.Text.Tokenisers;

/// <summary>A range of the text that is tokenised on its own; one that is an added token has its number already.</summary>
internal readonly record struct Split(int Start, int End, int Id = -1);

/// <summary>What one thread tokenises with, kept for its next text.</summary>
internal sealed class Workspace
{
    private const int LongestKept = 1 << 20;

    [ThreadStatic]
    private static Workspace? kept;

    /// <summary>The text as the steps so far have left it.</summary>
    public MappedText Text { get; private set; } = new();

    /// <summary>An empty text for a step's output; <see cref="TakeText"/> makes it the text.</summary>
    public MappedText Spare { get; private set; } = new();

    public List<Split> Splits { get; private set; } = [];

    public List<Split> SpareSplits { get; private set; } = [];

    /// <summary>The text between added tokens.</summary>
    public List<Split> Parts { get; } = [];

    public CodePoints Points { get; } = new();

    public TokenList First { get; } = new();

    public TokenList Second { get; } = new();

    /// <summary>Whether the text begins where its sequence begins.</summary>
    public bool AtBeginning { get; set; }

    public static Workspace Rent()
    {
        var workspace = kept ?? new Workspace();
        kept = null;
        return workspace;
    }

    public void Return()
    {
        if (Math.Max(Text.Length, Spare.Length) <= LongestKept) kept = this;
    }

    /// <summary>What a step wrote to <see cref="Spare"/> is the text now.</summary>
    public void TakeText()
    {
        (Text, Spare) = (Spare, Text);
        Spare.Clear();
    }

    /// <summary>What a step wrote to <see cref="SpareSplits"/> are the splits now.</summary>
    public void TakeSplits()
    {
        (Splits, SpareSplits) = (SpareSplits, Splits);
        SpareSplits.Clear();
    }
}
