using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Reinforcement.Tests;

/// <summary>Numbers of Golden/policies.py.</summary>
public sealed class PolicyLossTests : IDisposable
{
    private const int Rows = 5, Columns = 4;

    private static readonly float[] Outputs = [.. Enumerable.Range(0, Rows * Columns).Select(static i => (float)(1.5 * Math.Sin(i * 1.1)))];
    private static readonly int[] Actions = [0, 2, 1, 1, 0];
    private static readonly float[] Advantages = [0.5f, -1, 2, 0.3f, -0.7f], Returns = [1, -0.5f, 0.2f, 0.8f, 0];

    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void The_clipped_surrogate_is_PyTorchs() => AssertLoss(
        static outputs => ProximalPolicy.Loss(outputs, Actions, [-1.2f, -0.4f, -2, -0.9f, -1.1f], Advantages, Returns, new ProximalPolicyOptions()), 0.52225283f,
        [
            -0.0171727785f, 0.00917257949f, 0.00800019899f, -0.123661854f, -0.0250671484f, -0.0361402937f, 0.0612074421f, 0.198225235f, 0.275445274f, -0.300666421f, 0.0252211471f,
            -0.0874471197f, -0.000132161821f, 0.000380448751f, -0.00024828693f, -0.186767801f, -0.000243590699f, -0.000375348015f, 0.000618938714f, 0.133073629f,
        ]);

    [Fact]
    public void The_policy_gradient_is_PyTorchs() => AssertLoss(
        static outputs => PolicyGradient.Loss(outputs, Actions, Advantages, Returns, new PolicyGradientOptions()), 1.07563356f,
        [
            -0.0880341813f, 0.0467983464f, 0.0412358349f, -0.123661854f, -0.0223025231f, -0.0321414801f, 0.0544440032f, 0.198225235f, 0.30782841f, -0.336054554f, 0.0282261445f,
            -0.0874471197f, 0.0172291197f, -0.0282358026f, 0.0110066829f, -0.186767801f, 0.132141748f, -0.0256510554f, -0.106490692f, 0.133073629f,
        ]);

    [Fact]
    public void The_error_of_values_is_PyTorchs() => AssertLoss(
        static outputs => DeepQ.Loss(outputs.Slice(1, 0, 3), Actions, [3, -1.5f, 0.6f, 2.4f, 0], [1, 0.5f, 0.25f, 0.75f, 1]).Loss, 0.934157951f,
        [-0.2f, 0, 0, 0, 0, 0, 0.1f, 0, 0, -0.05f, 0, 0, 0, -0.137976308f, 0, 0, -0.2f, 0, 0, 0]);

    [Fact]
    public void A_policy_without_a_value_has_no_loss()
    {
        using var pass = Pass.Train(device);
        var row = pass.Leaf(pass.Upload<float>([4], new float[4]));
        Assert.Contains("one more for the value", Assert.Throws<ShapeException>(() => ProximalPolicy.Loss(row, [0], [0], [1], [1], new ProximalPolicyOptions())).Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => PolicyGradient.Loss(row.Reshape([4, 1]), [0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1], new PolicyGradientOptions()));
        Assert.Throws<ShapeException>(() => DeepQ.Loss(row, [0], [1]));
        Assert.Throws<ShapeException>(() => DeepQ.Loss(row.Reshape([2, 2]), [0], [1]));
    }

    [Fact]
    public void Advantages_are_those_of_the_recursion()
    {
        float[] advantages = GeneralisedAdvantage.Of(
            [1, 0.5f, 0, -1, 2, 1, 0.5f, 0.25f], [0.2f, 0.4f, 0.1f, -0.3f, 0.7f, 0.6f, 0.9f, -0.2f],
            [false, false, false, true, false, false, false, false], [0.3f, 0.8f], discount: 0.9, lambda: 0.8);
        AssertClose([2.31690176f, -0.674f, 1.981808f, -0.7f, 2.0164f, 1.0624f, -0.13f, 1.17f], advantages, 1e-6);
        Assert.Throws<ArgumentException>(() => GeneralisedAdvantage.Of([1, 2, 3], [1, 2, 3], [false, false, false], [1, 2], 1, 1));
        Assert.Throws<ArgumentException>(() => GeneralisedAdvantage.Of([1, 2], [1], [false, false], [1, 2], 1, 1));
    }

    /// <summary>To the end and without a discount an advantage is what follows, less the value.</summary>
    [Fact]
    public void With_lambda_one_an_advantage_is_the_return_less_the_value() => AssertClose(
        [1 + 2 + 4 + 10 - 0.5f, 2 + 4 + 10 - 0.25f, 4 + 10 - 0.125f],
        GeneralisedAdvantage.Of([1, 2, 4], [0.5f, 0.25f, 0.125f], [false, false, false], [10], 1, 1), 1e-6);

    private void AssertLoss(Func<Variable, Variable> of, float loss, float[] gradient)
    {
        using var pass = Pass.Train(device);
        var outputs = pass.Leaf(pass.Upload<float>([Rows, Columns], Outputs));
        var found = of(outputs);
        Assert.Equal(loss, found.Value.ToArray()[0], 2e-6);
        AssertClose(gradient, pass.Backward(found).Of(outputs)!.ToArray(), 2e-6);
    }

    private static void AssertClose(float[] expected, float[] actual, double within)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], within);
    }
}
