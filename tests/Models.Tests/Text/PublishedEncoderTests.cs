using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>Real encoders against what ONNX Runtime makes of the files that were published.</summary>
public sealed class PublishedEncoderTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData("minilm-l6", PoolingMode.Mean)]
    [InlineData("arctic-xs", PoolingMode.FirstToken)]
    public void States_and_embeddings_are_those_of_the_published_file(string name, PoolingMode mode)
    {
        string folder = RealData.RequirePublished(name), referencePath = RealData.Require($"published/{name}/reference.safetensors");
        var report = ReferenceCheck.Run(folder, referencePath, device);
        Assert.True(report.IsWithin(1e-5, 1e-4), string.Join("; ", report.Kinds.Select(kind => $"{kind.Kind} {kind.Largest:g2}")));

        using var reference = Checkpoint.Open(referencePath);
        var ids = Find("input.input_ids");
        int texts = ids.Shape[0], length = ids.Shape[1];
        int[] counts = Whole(Find("input.attention_mask")), tokens = Whole(ids);
        float[] expected = Find("output.last_hidden_state").ToSingleArray();
        using var model = SentenceEncoder.Open(folder, new SentencePooling { Modes = [mode], Normalise = true }).Model;
        using var pass = Pass.Infer(device);
        float[] embeddings = model.Embed(pass, new TextBatch(texts, length, tokens, attentionMask: counts)).Value.ToArray();
        int width = model.Dimensions;
        for (int text = 0; text < texts; text++)
        {
            int[] places = mode == PoolingMode.FirstToken ? [0] : [.. Enumerable.Range(0, length).Where(place => counts[text * length + place] == 1)];
            double[] pooled = [.. Enumerable.Range(0, width).Select(feature => places.Average(place => (double)expected[(text * length + place) * width + feature]))];
            double norm = Math.Sqrt(pooled.Sum(value => value * value));
            for (int feature = 0; feature < width; feature++) Assert.Equal(pooled[feature] / norm, embeddings[text * width + feature], 1e-5);
        }

        StoredTensor Find(string key) => reference.TryGet(key, out var tensor) ? tensor : throw new KeyNotFoundException(key);

        static int[] Whole(StoredTensor tensor) => Array.ConvertAll(tensor.ToInt64Array(), static number => (int)number);
    }
}
