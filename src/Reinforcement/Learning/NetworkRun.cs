using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Reinforcement;

/// <summary>A network over observations of one number, recorded: what it gives is that of its weights at the time.</summary>
internal sealed class NetworkRun : IDisposable
{
    private readonly Captured captured;
    private readonly float[] outputs;

    public NetworkRun(ImageModel model, Device device, Shape observations)
    {
        captured = Captured.Record(device, observations, model.Forward, observations.Rank == 4 ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous);
        outputs = new float[captured.OutputShape.ElementCount];
        Width = captured.OutputShape[1];
    }

    /// <summary>Outputs a row.</summary>
    public int Width { get; }

    /// <summary>The outputs, row by row; until the next call.</summary>
    public ReadOnlySpan<float> Of(ReadOnlySpan<float> observations)
    {
        captured.Run(observations, outputs);
        return outputs;
    }

    public void Dispose() => captured.Dispose();
}
