using Graft.Tensors;
using Graft.Testing;

namespace Graft.Autograd.Tests;

/// <summary>Recordings with several inputs and outputs, and with state.</summary>
public sealed class NamedCaptureTests : IDisposable
{
    private readonly CpuDevice device = new(2);
    private readonly Parameter table = Parameter.Create("table", [5, 3], numbers => Draw.Uniform("table", 15).CopyTo(numbers));

    public void Dispose() => device.Dispose();

    [Fact]
    public void Inputs_of_two_types_and_two_outputs_give_the_eager_bits()
    {
        using var captured = TwoByTwo();
        Assert.Equal([("ids", "[4]", typeof(int)), ("factors", "[4, 1]", typeof(float))], captured.Inputs.Select(input => (input.Name, input.Shape.ToString(), input.ElementType)));
        Assert.Equal(["scaled", "total"], captured.Outputs.Select(output => output.Name));
        for (int run = 0; run < 3; run++)
        {
            int[] ids = [run, 4, 0, 2];
            float[] factors = Draw.Uniform($"factors {run}", 4), scaled = new float[12], total = new float[3];
            using (var once = captured.Begin())
            {
                once.Write<float>("factors", factors);
                once.Write<int>("ids", ids);
                once.Run();
                once.Read<float>("total", total);
                once.Read<float>("scaled", scaled);
            }
            using var pass = Pass.Infer(device);
            var (expectedScaled, expectedTotal) = Compute(pass, pass.Upload<int>([4], ids), pass.Constant(pass.Upload<float>([4, 1], factors)));
            Check.SameBits("scaled", scaled, expectedScaled.Value.ToArray());
            Check.SameBits("total", total, expectedTotal.Value.ToArray());
        }
    }

    [Fact]
    public void A_tensor_of_any_memory_order_may_be_an_input()
    {
        using var captured = Captured.Record(device, capture => capture.Output("y", capture.Input("x", [2, 3]) * 2f));
        using var turned = Tensor.From<float>([3, 2], [1, 4, 2, 5, 3, 6], device);
        var result = new float[6];
        using var run = captured.Begin();
        run.Write("x", turned.Permute(1, 0));
        run.Run();
        run.Read<float>("y", result);
        Assert.Equal([2f, 4, 6, 8, 10, 12], result);
    }

    [Fact]
    public void State_stays_from_run_to_run_until_it_is_reset()
    {
        using var captured = Counting();
        Assert.Equal([1f, 2], Add(1, 2));
        Assert.Equal([4f, 6], Add(3, 4));
        Assert.Equal([4f, 7], Add(0, 1));
        captured.Reset();
        Assert.Equal([1f, 1], Add(1, 1));

        float[] Add(params float[] numbers)
        {
            var sums = new float[2];
            using var run = captured.Begin();
            run.Write<float>("x", numbers);
            run.Run();
            run.Read<float>("sum", sums);
            return sums;
        }
    }

    [Fact]
    public void A_key_value_cache_gives_the_bits_of_attention_over_all_tokens_so_far()
    {
        const int Places = 6, Heads = 2, Width = 8;
        Shape token = [1, Heads, 1, Width], cache = [1, Heads, Places, Width];
        using var captured = Captured.Record(device, capture =>
        {
            var (keys, values) = (capture.State<float>("keys", cache), capture.State<float>("values", cache));
            Tensor<int> positions = capture.Input<int>("positions", [1]), lengths = capture.Input<int>("lengths", [1]);
            capture.Input("key", token).IndexCopyTo(keys, positions);
            capture.Input("value", token).IndexCopyTo(values, positions);
            var mask = AttentionMask.Of(lengths, null, Places, isCausal: true, countsFromLengths: true);
            var pass = capture.Pass;
            capture.Output("y", capture.Input("query", token).ScaledDotProductAttention(pass.Constant(keys), pass.Constant(values), mask));
        });
        for (int text = 0; text < 2; text++)
        {
            captured.Reset();
            float[][] steps = [.. Enumerable.Range(0, 3 * Places).Select(step => Draw.Uniform($"text {text} step {step}", Heads * Width))];
            for (int place = 0; place < Places; place++)
            {
                var y = new float[Heads * Width];
                using (var run = captured.Begin())
                {
                    run.Write<int>("positions", [place]);
                    run.Write<int>("lengths", [place + 1]);
                    run.Write<float>("query", steps[3 * place]);
                    run.Write<float>("key", steps[3 * place + 1]);
                    run.Write<float>("value", steps[3 * place + 2]);
                    run.Run();
                    run.Read<float>("y", y);
                }
                using var pass = Pass.Infer(device);
                var query = pass.Constant(pass.Upload<float>(token, steps[3 * place]));
                Check.SameBits($"text {text}, place {place}", y, query.ScaledDotProductAttention(SoFar(pass, 1), SoFar(pass, 2)).Value.ToArray());

                Variable SoFar(Pass pass, int which) => Variable.Concat(
                    [.. Enumerable.Range(0, place + 1).Select(earlier => pass.Constant(pass.Upload<float>(token, steps[3 * earlier + which])))], axis: 2);
            }
        }
    }

    [Fact]
    public void State_of_any_element_is_read_as_the_run_before_left_it()
    {
        using var captured = Captured.Record(device, capture =>
        {
            var ids = capture.Input<int>("ids", [2]);
            var last = capture.State<int>("last", [2]);
            capture.Output("before", capture.Pass.Of(table).Embedding(last).Sum(1));
            capture.Pass.Device.Copy(ids, last);
        });
        float[] sums = [.. Draw.Uniform("table", 15).Chunk(3).Select(row => row[0] + row[1] + row[2])];
        AssertClose([sums[0], sums[0]], Next(3, 4));
        AssertClose([sums[3], sums[4]], Next(1, 1));
        AssertClose([sums[1], sums[1]], Next(0, 0));

        static void AssertClose(float[] expected, float[] actual)
        {
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-6);
        }

        float[] Next(params int[] ids)
        {
            var before = new float[2];
            using var run = captured.Begin();
            run.Write<int>("ids", ids);
            run.Run();
            run.Read<float>("before", before);
            return before;
        }
    }

    [Fact]
    public void State_goes_back_with_the_recording_and_runs_allocate_nothing()
    {
        float[] numbers = [1, 2], sums = new float[2];
        using (var captured = Counting())
        {
            for (int i = 0; i < 3; i++) Run(captured);
            Allocations.None(() => Run(captured), tries: 50);
        }
        long taken = device.BytesTaken;
        for (int i = 0; i < 3; i++)
        {
            using var again = Counting();
            Run(again);
        }
        Assert.Equal(taken, device.BytesTaken);

        void Run(Captured captured)
        {
            using var run = captured.Begin();
            run.Write<float>("x", numbers);
            run.Run();
            run.Read<float>("sum", sums);
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused_with_what_there_is()
    {
        using var captured = TwoByTwo();
        Refused<ArgumentException>("captured: there is no input 'id'; there are 'ids', 'factors'", () => Write<int>("id", new int[4]));
        Refused<ArgumentException>("captured: the input 'ids' [4] has elements of Int32, not Single", () => Write<float>("ids", new float[4]));
        Refused<ShapeException>("captured: input 'ids' of 3 values does not fit [4]: [4] has 4 elements; a recording is of one shape", () => Write<int>("ids", new int[3]));
        Refused<InvalidOperationException>(
            "captured: the input 'ids' was not written: each run is given all of its inputs ('ids', 'factors')", () => Write<float>("factors", new float[4], run: true));
        Refused<ArgumentException>("captured: there is no output 'logits'; there are 'scaled', 'total'", () => Read("logits", 12));
        Refused<ShapeException>("captured: output 'total' of 4 values does not fit [3]: [3] has 3 elements; a recording is of one shape", () => Read("total", 4));
        Refused<InvalidOperationException>(
            "captured: the output 'total' is not there yet: call Run after the inputs are written, and read before they are written again", () => Read("total", 3));
        Refused<InvalidOperationException>(
            "captured: the recording has the inputs 'ids', 'factors' and the outputs 'scaled', 'total', not one of each: write and read them by name (Begin)",
            () => captured.Run(new float[4], new float[12]));
        Refused<ArgumentException>(
            "capture: the name 'x' is taken by another input: give each a name of its own",
            () => Captured.Record(device, capture => capture.Output("y", capture.Input("x", [2]) + capture.Input("x", [2]))));
        Refused<ArgumentException>(
            "capture: a recording has 1 to 64 inputs and at least one output, not 1 and 0", () => Captured.Record(device, capture => capture.Input("x", [2])));
        using var elsewhere = Tensor.From<int>([4], [0, 0, 0, 0]);
        Assert.Contains("make it there", Assert.Throws<ArgumentException>(WriteElsewhere).Message, StringComparison.Ordinal);
        captured.Dispose();
        Assert.Throws<ObjectDisposedException>(() => captured.Begin().Dispose());
        Assert.Throws<ObjectDisposedException>(captured.Reset);

        void WriteElsewhere()
        {
            using var run = captured.Begin();
            run.Write("ids", elsewhere);
        }

        void Write<T>(string name, T[] values, bool run = false) where T : unmanaged
        {
            using var once = captured.Begin();
            once.Write<T>(name, values);
            if (run) once.Run();
        }

        void Read(string name, int length)
        {
            using var once = captured.Begin();
            once.Read<float>(name, new float[length]);
        }

        static void Refused<TException>(string message, Action action) where TException : Exception => Assert.Equal(message, Assert.Throws<TException>(action).Message);
    }

    private Captured TwoByTwo() => Captured.Record(device, capture =>
    {
        var (scaled, total) = Compute(capture.Pass, capture.Input<int>("ids", [4]), capture.Input("factors", [4, 1]));
        capture.Output("scaled", scaled);
        capture.Output("total", total);
    });

    private (Variable Scaled, Variable Total) Compute(Pass pass, Tensor<int> ids, Variable factors)
    {
        var scaled = pass.Of(table).Embedding(ids).Exp() * factors;
        return (scaled, scaled.Sum(0));
    }

    /// <summary>The sum of all inputs so far.</summary>
    private Captured Counting() => Captured.Record(device, capture =>
    {
        var x = capture.Input("x", [2]);
        var sum = capture.State<float>("sum", [2]);
        capture.Pass.Device.Zip(default(Add), sum, x.Value, sum);
        capture.Output("sum", capture.Pass.Constant(sum));
    });
}
