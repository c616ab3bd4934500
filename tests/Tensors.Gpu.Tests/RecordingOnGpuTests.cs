using Graft.Testing;

namespace Graft.Tensors.Gpu.Tests;

/// <summary>A recording for a card: the same plan, in one of the card's blocks.</summary>
public sealed class RecordingOnGpuTests
{
    [Fact]
    public void A_replay_gives_the_bits_of_the_calls_made_at_once()
    {
        var device = Simulated.Device;
        using var weight = Tensor.From<float>([2, 2, 1, 1], [1f, -2f, 3f, 0.5f], device);
        using var scale = Tensor.From<float>([2], [2f, -1f], device);
        var recorder = new Recorder(device);
        var input = recorder.Input<float>([1, 2, 2, 3]);
        var output = Calls(recorder, input, weight, scale);
        using var replay = recorder.Finish(output);
        Assert.Equal((5, 2), (replay.ReplayedCalls, replay.FoldedCalls));
        Assert.InRange(replay.PlannedBytes, replay.LeastBytes, replay.UnsharedBytes - 1);
        Tensor<float> placedInput = Replay.Placed(input), placedOutput = Replay.Placed(output);
        for (int run = 0; run < 3; run++)
        {
            // the last run is after another scale, which what was folded has to follow
            if (run == 2) device.Map(new Scale(3f), scale, scale);
            float[] numbers = Draw.Uniform($"input {run}", 12);
            placedInput.CopyFrom(numbers);
            replay.Run();
            using var eager = Tensor.From<float>([1, 2, 2, 3], numbers, device);
            Check.SameBits($"run {run}", placedOutput.ToArray(), Calls(device, eager, weight, scale).ToArray());
        }
    }

    private static Tensor<float> Calls(Device device, Tensor<float> x, Tensor<float> weight, Tensor<float> scale)
    {
        Tensor<float> first = device.Rent<float>(x.Shape, MemoryFormat.ChannelsLast), second = device.Rent<float>(x.Shape, MemoryFormat.ChannelsLast);
        Tensor<float> third = device.Rent<float>(x.Shape, MemoryFormat.ChannelsLast), sum = device.Rent<float>([1, 2, 1, 1]);
        Tensor<float> shifts = device.Rent<float>([2]), scales = device.Rent<float>([2]), logits = device.Rent<float>([1, 2]);
        device.Map(default(Exponential), scale, shifts);
        device.Map(default(Square), scale, scales);
        device.Copy(x, first);
        device.Conv2d(default(ScaleBiasThen<Relu>), Conv2dGeometry.Square(), first, weight, shifts, null, second, scales);
        device.Conv2d(default(ScaleBiasResidualThen<Relu>), Conv2dGeometry.Square(), second, weight, shifts, first, third, scales);
        device.Reduce<SumOf>(third, sum);
        device.Softmax(sum.Reshape([1, 2]), logits, log: true);
        return logits;
    }
}
