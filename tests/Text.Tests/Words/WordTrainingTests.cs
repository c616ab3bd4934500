using Graft.Tensors;

namespace Graft.Text.Tests;

public class WordTrainingTests
{
    private const int Words = 6, Width = 11, Target = 2;
    private const float Rate = 0.3f;

    [Theory]
    [InlineData(new[] { 4 })]
    [InlineData(new[] { 1, 4, 5, 4 })]
    public void One_step_of_negative_sampling_is_that_of_the_equations(int[] inputs)
    {
        var draws = new WordDraws([5, 4, 3, 2, 1, 1]);
        var network = new NegativeSampling(Words, Width, draws, negative: 4);
        new RandomStream(1, "in").FillNormal(network.Inputs, 0, 1);
        new RandomStream(1, "out").FillNormal(network.Outputs, 0, 1);
        double[] into = Wide(network.Inputs), outOf = Wide(network.Outputs);

        // the same words are drawn here
        var random = new WordRandom(new RandomStream(3, "draws"), 0);
        List<(int Word, double Label)> steps = [(Target, 1)];
        for (int sample = 0; sample < 4; sample++)
            if (draws.Draw(random) is var word && word != Target) steps.Add((word, 0));
        var hidden = new double[Width];
        var gradient = new double[Width];
        foreach (int input in inputs)
            for (int at = 0; at < Width; at++) hidden[at] += into[input * Width + at] / inputs.Length;
        foreach (var (word, label) in steps)
        {
            double product = 0;
            for (int at = 0; at < Width; at++) product += hidden[at] * outOf[word * Width + at];
            double move = Rate * (label - 1 / (1 + Math.Exp(-product)));
            for (int at = 0; at < Width; at++)
            {
                gradient[at] += move * outOf[word * Width + at];
                outOf[word * Width + at] += move * hidden[at];
            }
        }
        foreach (int input in inputs)
            for (int at = 0; at < Width; at++) into[input * Width + at] += gradient[at];

        network.Learn(inputs, Target, Rate, new WordRandom(new RandomStream(3, "draws"), 0));
        Near(into, network.Inputs);
        Near(outOf, network.Outputs);
    }

    [Theory]
    [InlineData(3.5)]
    [InlineData(250)]
    public void One_step_of_GloVe_is_that_of_the_equations(double count)
    {
        var options = new GloveOptions { Dimension = Width, LearningRate = 0.2f, Seed = 4 };
        var network = new GloveNetwork(Words, options);
        new RandomStream(2, "rows").FillNormal(network.Rows, 0, 0.5f);
        for (int at = 0; at < network.Squares.Length; at++) network.Squares[at] = 1 + at % 3;
        double[] rows = Wide(network.Rows), squares = Wide(network.Squares);
        const int Near1 = 3, Size = Width + 1;
        int left = Target * Size, right = (Words + Near1) * Size;
        double difference = rows[left + Width] + rows[right + Width] - Math.Log(count);
        for (int at = 0; at < Width; at++) difference += rows[left + at] * rows[right + at];
        double weight = Math.Min(1, Math.Pow(count / 100, 0.75)), step = 0.2f * weight * difference;
        for (int at = 0; at <= Width; at++)
        {
            double forLeft = step * (at < Width ? rows[right + at] : 1), forRight = step * (at < Width ? rows[left + at] : 1);
            rows[left + at] -= forLeft / Math.Sqrt(squares[left + at]);
            rows[right + at] -= forRight / Math.Sqrt(squares[right + at]);
            squares[left + at] += forLeft * forLeft;
            squares[right + at] += forRight * forRight;
        }
        double loss = network.Learn(Target, Near1, count);
        Assert.Equal(0.5 * weight * difference * difference, loss, 1e-4 * loss);
        Near(rows, network.Rows);
        Near(squares, network.Squares);
    }

    [Fact]
    public void Words_are_drawn_by_their_weights()
    {
        double[] weights = [8, 4, 2, 1, 0, 1];
        var draws = new WordDraws(weights);
        var random = new WordRandom(new RandomStream(1, "draws"), 0);
        var counts = new int[weights.Length];
        const int Draws = 160_000;
        for (int draw = 0; draw < Draws; draw++) counts[draws.Draw(random)]++;
        for (int word = 0; word < weights.Length; word++) Assert.Equal(weights[word] / 16, (double)counts[word] / Draws, 0.005);
    }

    [Fact]
    public void Frequent_words_are_left_out_and_rare_ones_kept()
    {
        Assert.Equal(1, Word2Vec.Kept(10, 1000, 0));
        Assert.Equal((Math.Sqrt(100) + 1) / 100, Word2Vec.Kept(100_000, 1_000_000, 1e-3), 12);
        Assert.True(Word2Vec.Kept(1000, 1_000_000, 1e-3) >= 1);
    }

    [Fact]
    public void Pairs_of_words_count_one_over_their_distance()
    {
        var counts = Glove.Count([[0, 1, 0, 2], [1]], window: 2).ToDictionary(pair => (pair.Word, pair.Near), pair => pair.Count);
        Assert.Equal(2, counts[(0, 1)]);
        Assert.Equal(2, counts[(1, 0)]);
        Assert.Equal(1, counts[(0, 0)]);
        Assert.Equal(1, counts[(2, 0)]);
        Assert.Equal(0.5, counts[(2, 1)]);
        Assert.Equal(7, counts.Count);
    }

    [Theory]
    [InlineData(WordVectorMethod.SkipGram)]
    [InlineData(WordVectorMethod.ContinuousBag)]
    public void Words_that_stand_for_each_other_end_up_near(WordVectorMethod method)
    {
        // within a group any word may stand for any other
        string[][] groups = [["cat", "dog", "cow"], ["eats", "likes", "sees"], ["grass", "bread", "fish"], ["today", "now", "again"]];
        var random = new Random(7);
        string[][] sentences = [.. Enumerable.Range(0, 2000).Select(_ => groups.Select(group => group[random.Next(group.Length)]).ToArray())];
        AssertNear(groups, () => Word2Vec.Train(sentences, new Word2VecOptions { Method = method, Dimension = 16, Window = 3, Subsampling = 0, Seed = 3 }));
    }

    [Fact]
    public void Words_of_one_topic_end_up_near_by_GloVe()
    {
        string[][] topics = [["cat", "dog", "cow", "farm"], ["code", "chip", "disk", "byte"], ["sun", "moon", "star", "sky"]];
        var random = new Random(7);
        string[][] sentences = [.. Enumerable.Range(0, 2000).Select(_ =>
        {
            string[] topic = topics[random.Next(topics.Length)];
            return Enumerable.Range(0, 6).Select(_ => (random.Next(5) > 0 ? topic : topics[random.Next(topics.Length)])[random.Next(4)]).ToArray();
        })];
        AssertNear(topics, () => Glove.Train(sentences, new GloveOptions { Dimension = 8, Window = 4, Seed = 3 }));
    }

    [Fact]
    public void Progress_tells_words_pairs_and_the_share_that_is_done()
    {
        string[][] sentences = [.. Enumerable.Repeat<string[]>(["a", "b", "c"], 5000)];
        List<WordVectorProgress> skipGram = [], bag = [], glove = [];
        Word2Vec.Train(sentences, new Word2VecOptions { Dimension = 2, Window = 1, Epochs = 2, Subsampling = 0 }, new Told(skipGram));
        Word2Vec.Train(sentences, new Word2VecOptions { Method = WordVectorMethod.ContinuousBag, Dimension = 2, Window = 1, Epochs = 2, Subsampling = 0 }, new Told(bag));
        Glove.Train(sentences, new GloveOptions { Dimension = 2, Window = 2, Epochs = 3 }, new Told(glove));
        Assert.Equal(new WordVectorProgress(1, 3, 40_000, null), skipGram[^1]);
        Assert.Equal(new WordVectorProgress(1, 3, 30_000, null), bag[^1]);
        Assert.Equal(4, skipGram.Count);
        Assert.Equal([6L, 12, 18], glove.Select(told => told.Pairs));
        Assert.True(glove[2].Loss < glove[0].Loss);
        Assert.Equal((1.0, 3), (glove[2].Share, glove[2].Words));
    }

    [Fact]
    public void What_cannot_be_learnt_is_refused()
    {
        Assert.Contains("none of 1 words occurs 5 times", Assert.Throws<ArgumentException>(() => Word2Vec.Train([["a"]])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Word2Vec.Train([["a"]], new Word2VecOptions { LearningRate = float.NaN }));
        Assert.Throws<ArgumentException>(() => Glove.Train([["a"]], new GloveOptions { MinimumCount = 1 }));
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => Word2Vec.Train([["a"]], new Word2VecOptions { MinimumCount = 1 }, cancellation: stop.Token));
    }

    private static void AssertNear(string[][] groups, Func<WordVectors> train)
    {
        var vectors = train();
        Assert.Equal(train().Matrix.ToArray(), vectors.Matrix.ToArray());
        var embeddings = new WordEmbeddings(vectors, WordCase.Exact);
        foreach (string[] group in groups)
            foreach (string word in group)
                Assert.Equal(group.Where(other => other != word).Order(), embeddings.Nearest(word, group.Length - 1).Select(near => near.Word).Order());
    }

    private sealed class Told(List<WordVectorProgress> told) : IProgress<WordVectorProgress>
    {
        public void Report(WordVectorProgress value) => told.Add(value);
    }

    private static double[] Wide(float[] numbers) => Array.ConvertAll(numbers, static number => (double)number);

    private static void Near(double[] expected, float[] actual)
    {
        for (int at = 0; at < actual.Length; at++) Assert.Equal(expected[at], actual[at], 2e-5 * (1 + Math.Abs(expected[at])));
    }
}
