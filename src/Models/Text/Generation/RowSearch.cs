using Graft.Tensors;

namespace Graft.Models;

/// <summary>Sequences that grow token by token, each for itself: the likeliest token, or one that is drawn.</summary>
internal sealed class RowSearch
{
    private readonly SearchSettings settings;
    private readonly int[][] rows;
    private readonly int[] promptLengths;
    private readonly FinishReason?[] finish;
    private readonly int[] next;
    private readonly float[] logits;
    private readonly RandomStream stream;
    private int generated;

    public RowSearch(SearchSettings settings)
    {
        this.settings = settings;
        int copies = settings.Options.ReturnedSequences, count = checked(settings.Prompts.Count * copies);
        (rows, promptLengths) = (new int[count][], new int[count]);
        for (int row = 0; row < count; row++)
        {
            int[] prompt = settings.Prompts[row / copies];
            rows[row] = new int[prompt.Length + settings.NewTokens];
            prompt.CopyTo(rows[row], 0);
            promptLengths[row] = prompt.Length;
        }
        (finish, next) = (new FinishReason?[count], new int[count]);
        logits = new float[checked(count * settings.Step.Vocabulary)];
        stream = new RandomStream(settings.Options.Seed, "generation");
    }

    /// <summary>What was chosen in the last step: those of rows that had not ended.</summary>
    public List<GeneratedToken> Chosen { get; } = [];

    /// <summary>Chooses a token for each row that has not ended.</summary>
    /// <returns>False where all had.</returns>
    public bool Advance(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Chosen.Clear();
        if (!finish.AsSpan().Contains(null)) return false;
        var options = settings.Options;
        if (generated == 0) settings.Step.Begin(settings.Prompts, options.ReturnedSequences, settings.Capacity, logits);
        else settings.Step.Continue(next, logits);
        for (int row = 0; row < rows.Length; row++)
        {
            if (finish[row] is not null)
            {
                next[row] = options.Filler;
                continue;
            }
            int length = promptLengths[row] + generated;
            var scores = logits.AsSpan(row * settings.Step.Vocabulary, settings.Step.Vocabulary);
            settings.Process(rows[row].AsSpan(0, length), promptLengths[row], scores);
            int token = options.DoSample ? TokenChoice.Draw(scores, stream.Uniform((ulong)row, (ulong)generated)) : TokenChoice.Likeliest(scores);
            next[row] = rows[row][length] = token;
            finish[row] = settings.EndOf(rows[row].AsSpan(promptLengths[row], generated + 1)) ?? (generated + 1 == settings.NewTokens ? FinishReason.Length : null);
            if (finish[row] is not null) Array.Resize(ref rows[row], length + 1);
            Chosen.Add(new GeneratedToken(row, token, finish[row]));
        }
        generated++;
        return true;
    }

    public IReadOnlyList<GeneratedSequence> Sequences() =>
        [.. rows.Select((row, number) => new GeneratedSequence(number / settings.Options.ReturnedSequences, row[promptLengths[number]..], finish[number]!.Value))];
}
