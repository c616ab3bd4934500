using Graft.Tensors;

namespace Graft.Models;

/// <summary>A search that goes on with the K likeliest sequences of each prompt at a time, by Hugging Face's rules (4.35).</summary>
/// <remarks>Letters: N prompts, K beams, R = N x K rows, V tokens of the vocabulary.</remarks>
internal sealed class BeamSearch
{
    /// <summary>What keeps the copies of a prompt from being chosen beside the first.</summary>
    private const float CopyScore = -1e9f;

    private readonly SearchSettings settings;
    private readonly GenerationOptions options;
    private readonly int beams;
    private readonly int vocabulary;
    private readonly float[] logits;
    private readonly float[] sums;
    private readonly float[] nextSums;
    private readonly int[] next;
    private readonly int[] sources;
    private readonly BeamHypotheses[] ended;
    private readonly Candidates candidates;
    private readonly RandomStream stream;
    private int[][] rows;
    private int[][] spare;
    private int generated;

    public BeamSearch(SearchSettings settings)
    {
        this.settings = settings;
        (options, beams, vocabulary) = (settings.Options, settings.Options.Beams, settings.Step.Vocabulary);
        int prompts = settings.Prompts.Count, count = checked(prompts * beams);
        (sums, nextSums, next, sources) = (new float[count], new float[count], new int[count], new int[count]);
        logits = new float[checked(count * vocabulary)];
        (rows, spare) = (new int[count][], new int[count][]);
        for (int row = 0; row < count; row++)
        {
            int[] prompt = settings.Prompts[row / beams];
            (rows[row], spare[row]) = (new int[prompt.Length + settings.NewTokens], new int[prompt.Length + settings.NewTokens]);
            prompt.CopyTo(rows[row], 0);
            sums[row] = row % beams == 0 ? 0 : CopyScore;
        }
        ended = [.. settings.Prompts.Select(_ => new BeamHypotheses(beams, options.LengthPenalty, options.EarlyStopping, settings.Capacity))];
        candidates = new Candidates((int)Math.Min(Math.Max(2, 1 + options.EndTokens.Count) * (long)beams, (long)vocabulary * beams));
        stream = new RandomStream(options.Seed, "generation");
    }

    public IReadOnlyList<GeneratedSequence> Run(CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (generated == 0) settings.Step.Begin(settings.Prompts, beams, settings.Capacity, logits);
            else settings.Step.Continue(next, logits);
            for (int prompt = 0; prompt < ended.Length; prompt++) Choose(prompt);
            Move();
            if (generated == settings.NewTokens || Array.TrueForAll(ended, static one => one.IsDone)) break;
            for (int row = 0; row < sources.Length; row++)
            {
                if (sources[row] == row) continue;
                settings.Step.Reorder(sources);
                break;
            }
        }
        for (int row = 0; row < rows.Length; row++)
        {
            var hypotheses = ended[row / beams];
            if (!hypotheses.IsDone && sums[row] > float.NegativeInfinity) hypotheses.Add(Generated(row), sums[row], settings.LongestPrompt + generated, FinishReason.Length);
        }
        return [.. ended.SelectMany((hypotheses, prompt) => hypotheses.Best(prompt, options.ReturnedSequences))];
    }

    /// <summary>The next tokens of a prompt's beams.</summary>
    private void Choose(int prompt)
    {
        int first = prompt * beams, length = settings.Prompts[prompt].Length, taken = 0;
        if (!ended[prompt].IsDone)
        {
            candidates.Clear();
            for (int row = first; row < first + beams; row++) Score(row, length);
            candidates.Sort();
            for (int rank = 0; rank < candidates.Count && taken < beams; rank++)
            {
                var (sum, row, token) = candidates[rank];
                rows[row][length + generated] = token;
                var finish = settings.EndOf(rows[row].AsSpan(length, generated + 1));
                if (finish is null) Take(first + taken++, row, token, sum);
                // an end that is none of the likeliest is not worth keeping
                else if (rank < beams)
                    ended[prompt].Add(Generated(row, generated + 1), sum, settings.LongestPrompt + generated + (finish == FinishReason.Stopped ? 1 : 0), finish.Value);
            }
            ended[prompt].Judge(candidates.Best, settings.LongestPrompt + generated + 1);
        }
        while (taken < beams) Take(first + taken, first + taken++, options.Filler, ended[prompt].IsDone ? 0 : float.NegativeInfinity);
    }

    private void Take(int place, int row, int token, float sum) => (sources[place], next[place], nextSums[place]) = (row, token, sum);

    /// <summary>Adds a row's next tokens to the candidates.</summary>
    private void Score(int row, int promptLength)
    {
        var scores = logits.AsSpan(row * vocabulary, vocabulary);
        TokenChoice.LogSoftmax(scores);
        settings.Process(rows[row].AsSpan(0, promptLength + generated), promptLength, scores);
        for (int token = 0; token < scores.Length; token++)
        {
            float sum = scores[token] + sums[row];
            candidates.Offer(sum, options.DoSample && sum > float.NegativeInfinity ? sum + Gumbel(row, token) : sum, row, token);
        }
    }

    /// <summary>What makes the highest sums those of draws without replacement (Gumbel's trick).</summary>
    private float Gumbel(int row, int token)
    {
        float uniform = stream.Uniform((ulong)row * (ulong)vocabulary + (ulong)token, (ulong)generated);
        return (float)-Math.Log(-Math.Log(Math.Max(uniform, 1e-12)));
    }

    /// <summary>Puts the chosen tokens behind their rows.</summary>
    private void Move()
    {
        for (int place = 0; place < rows.Length; place++)
        {
            int length = settings.Prompts[place / beams].Length + generated;
            rows[sources[place]].AsSpan(0, length).CopyTo(spare[place]);
            spare[place][length] = next[place];
        }
        (rows, spare) = (spare, rows);
        nextSums.CopyTo(sums, 0);
        generated++;
    }

    private int[] Generated(int row, int? count = null) => rows[row].AsSpan(settings.Prompts[row / beams].Length, count ?? generated).ToArray();

    /// <summary>The candidates with the highest keys, in the order of their sums once they are sorted; of equals the first.</summary>
    private sealed class Candidates(int capacity)
    {
        private readonly (float Key, float Sum, int Row, int Token)[] items = new (float, float, int, int)[capacity];

        public int Count { get; private set; }

        /// <summary>The highest sum.</summary>
        public float Best => items[0].Sum;

        public (float Sum, int Row, int Token) this[int rank] => (items[rank].Sum, items[rank].Row, items[rank].Token);

        public void Clear() => Count = 0;

        public void Offer(float sum, float key, int row, int token)
        {
            int at = Count;
            if (Count < items.Length) Count++;
            else if (key > items[^1].Key) at--;
            else return;
            for (; at > 0 && items[at - 1].Key < key; at--) items[at] = items[at - 1];
            items[at] = (key, sum, row, token);
        }

        /// <summary>By sum instead of key.</summary>
        public void Sort()
        {
            for (int i = 1; i < Count; i++)
            {
                var item = items[i];
                int at = i;
                for (; at > 0 && items[at - 1].Sum < item.Sum; at--) items[at] = items[at - 1];
                items[at] = item;
            }
        }
    }
}
