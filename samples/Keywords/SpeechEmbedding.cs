using Graft.Onnx;

namespace Graft.Samples.Keywords;

/// <summary>The published speech embedding: mel bands by one graph, and 96 numbers for each window of 76 frames by another.</summary>
internal sealed class SpeechEmbedding(string folder) : IDisposable
{
    public const int Windows = 16, Width = 96;

    private const int Bands = 32, WindowFrames = 76, Hop = 8;

    private readonly OnnxModel mel = OnnxModel.Open(Path.Combine(folder, "melspectrogram.onnx"));
    private readonly OnnxModel embedding = OnnxModel.Open(Path.Combine(folder, "embedding_model.onnx"));

    /// <summary>The embeddings [16, 96] of a clip of two seconds.</summary>
    public float[] Of(float[] clip)
    {
        // the graph reads the numbers of 16-bit samples
        float[] loud = Array.ConvertAll(clip, sample => sample * 32767f);
        var bands = mel.Run(new Dictionary<string, OnnxTensor> { ["input"] = OnnxTensor.From([1, loud.Length], loud) })["output"].As<float>();
        int frames = bands.Count / Bands;
        var windows = new float[Windows * WindowFrames * Bands];
        for (int window = 0; window < Windows; window++)
        {
            int first = frames - WindowFrames - (Windows - 1 - window) * Hop;
            for (int at = 0; at < WindowFrames * Bands; at++) windows[window * WindowFrames * Bands + at] = bands[Math.Max(0, first) * Bands + at] / 10 + 2;
        }
        return [.. embedding.Run(new Dictionary<string, OnnxTensor> { ["input_1"] = OnnxTensor.From([Windows, WindowFrames, Bands, 1], windows) })["conv2d_19"].As<float>()];
    }

    /// <summary>What a published head says of embeddings: how likely its wake word was.</summary>
    public static float Score(OnnxModel head, float[] embeddings) =>
        head.Run(new Dictionary<string, OnnxTensor> { [head.Inputs[0].Name] = OnnxTensor.From([1, Windows, Width], embeddings) })[head.Outputs[0].Name].As<float>()[0];

    public void Dispose()
    {
        mel.Dispose();
        embedding.Dispose();
    }
}
