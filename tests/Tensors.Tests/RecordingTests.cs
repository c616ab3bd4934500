using Graft.Testing;

namespace Graft.Tensors.Tests;

/// <summary>Recordings of calls drawn at random: whatever a plan lays over each other, the numbers are those of memory apart.</summary>
public sealed class RecordingTests : IDisposable
{
    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    [Fact]
    public void Any_sequence_of_calls_gives_the_same_bits_from_planned_memory()
    {
        long bytes = 0, alive = 0, apart = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            float[] first = Draw.Uniform($"first {seed}", 240), second = Draw.Uniform($"second {seed}", 240);
            var recorder = new Recorder(device);
            var input = recorder.Input<float>([240]);
            var output = Calls(recorder, input, seed);
            using var replay = recorder.Finish(output);
            Tensor<float> placedInput = Replay.Placed(input), placedOutput = Replay.Placed(output);
            foreach (float[] numbers in new[] { first, second, first })
            {
                placedInput.CopyFrom(numbers);
                replay.Run();
                using var eager = Tensor.From<float>([240], numbers, device);
                Check.SameBits($"seed {seed}", placedOutput.ToArray(), Calls(device, eager, seed).ToArray());
            }
            // no plan is smaller than what is alive at once, and these are not much larger
            Assert.InRange(replay.PlannedBytes, replay.LeastBytes, replay.LeastBytes * 5 / 4);
            (bytes, alive, apart) = (bytes + replay.PlannedBytes, alive + replay.LeastBytes, apart + replay.UnsharedBytes);
        }
        Assert.True(bytes <= alive * 1.02 && bytes <= apart * 0.6, $"{bytes} bytes where {alive} are alive at once, {apart} without a plan");
    }

    [Fact]
    public void Keys_that_are_written_at_places_of_the_run_are_read_after_what_was_there()
    {
        var recorder = new Recorder(device);
        var (keys, positions) = (recorder.Input<float>([2, 3, 2, 4]), recorder.Input<int>([2]));
        var output = Attended(recorder, keys, positions);
        using var replay = recorder.Finish(output);
        foreach (int[] places in new[] { new[] { 0, 3 }, [2, 1], [4, 4] })
        {
            float[] numbers = Draw.Normal($"keys at {places[0]}", 48);
            Replay.Placed(keys).CopyFrom(numbers);
            Replay.Placed(positions).CopyFrom(places);
            replay.Run();
            using var eager = Tensor.From<float>([2, 3, 2, 4], numbers, device);
            using var at = Tensor.From<int>([2], places, device);
            Check.SameBits("y", Replay.Placed(output).ToArray(), Attended(device, eager, at).ToArray());
        }
    }

    private static Tensor<float> Attended(Device device, Tensor<float> keys, Tensor<int> positions)
    {
        Tensor<float> cache = device.Rent<float>([2, 6, 2, 4]), y = device.Rent<float>([2, 3, 2, 4]);
        device.Fill(cache, 0.25f);
        var (heads, all) = (keys.Permute(0, 2, 1, 3), cache.Permute(0, 2, 1, 3));
        device.IndexCopy(heads, positions, all);
        device.Attention(new AttentionSettings(0.5f, true, DropoutMask.None), heads, all, all, null, null, null, y.Permute(0, 2, 1, 3), null);
        return y;
    }

    [Fact]
    public void Training_is_refused_in_one_sentence()
    {
        var recorder = new Recorder(device);
        using var x = recorder.Rent<float>([4]);
        foreach (var call in (Action[])
            [() => recorder.MapBackward(default(Relu), x, x, x, x), () => recorder.Update(default(Still), x, x, null, null), () => recorder.GatherBackward(x, null!, x)])
        {
            string message = Assert.Throws<NotSupportedException>(call).Message;
            Assert.Contains("a captured pass only infers", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_tensor_of_another_device_is_refused()
    {
        var recorder = new Recorder(device);
        using var x = recorder.Rent<float>([4]);
        using var foreign = Tensor.From<float>([4], new float[4]);
        Assert.Contains("make it there", Assert.Throws<ArgumentException>(() => recorder.Map(default(Relu), foreign, x)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_that_no_block_can_hold_is_refused_before_memory_is_taken()
    {
        var recorder = new Recorder(device);
        var x = recorder.Input<float>([1 << 30]);
        using Tensor<float> y = recorder.Rent<float>(x.Shape), z = recorder.Rent<float>(x.Shape);
        recorder.Copy(x, y);
        recorder.Zip(default(Add), x, y, z);
        long taken = device.BytesTaken;
        Assert.Contains("smaller batch", Assert.Throws<NotSupportedException>(() => recorder.Finish(x, y, z)).Message, StringComparison.Ordinal);
        Assert.Equal(taken, device.BytesTaken);
    }

    /// <summary>Forty calls, each of one of the last few results: in place or not, whole or in parts, longer and shorter.</summary>
    private static Tensor<float> Calls(Device device, Tensor<float> input, int seed)
    {
        var draws = new RandomStream((ulong)seed, "calls");
        var numbers = new float[120];
        draws.FillUniform(numbers, 0f, 1f);
        int drawn = 0;
        List<Tensor<float>> made = [Make(input.Shape[0])];
        device.Copy(input, made[0]);
        for (int call = 0; call < 40; call++)
        {
            var x = Recent();
            int length = x.Shape[0], kind = Next(6);
            if (kind == 0 && length > 30)
            {
                made.Add(Make(length / 2));
                device.Copy(x.Slice(0, length / 4, length / 2), made[^1]);
            }
            else if (kind == 1 && length < 900)
            {
                var twice = Make(2 * length);
                device.Fill(twice.Slice(0, 0, length), 0.5f);
                device.Map(default(Sigmoid), x, twice.Slice(0, length, length));
                made.Add(twice);
            }
            else if (kind == 2)
            {
                device.Map(default(Relu), x, x);
            }
            else if (kind == 3)
            {
                made.Add(Make(length));
                device.Map(default(HyperbolicTangent), x, made[^1]);
            }
            else
            {
                var other = Recent();
                var y = Make(length);
                device.Zip(default(Subtract), x, other.Shape == x.Shape ? other : x.Slice(0, 0, 1), y);
                made.Add(y);
            }
        }
        return made[^1];

        Tensor<float> Make(int length) => device.Rent<float>([length]);

        int Next(int below) => (int)(numbers[drawn++] * below);

        Tensor<float> Recent() => made[Math.Max(0, made.Count - 1 - Next(4))];
    }

    private readonly struct Still : IUpdateRule
    {
        public static int StateCount => 0;

        public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
        {
        }
    }
}
