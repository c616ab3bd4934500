using Graft.Testing;

namespace Graft.Tensors.Tests;

/// <summary>What PyTorch 1.13 gives in double precision for a few numbers, corners among them.</summary>
public sealed class ActivationsAgainstPyTorchTests
{
    private static readonly double[] X = [-3, 3, 0, -2, 1.5, 6];

    [Fact]
    public void Values_and_derivatives_are_those_of_PyTorch()
    {
        Agree(default(HardSigmoid), [0, 1, 0.5, 1 / 6.0, 0.75, 1], [0, 0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 0]);
        // at -3 and 3 PyTorch gave -0.5 and 1.5 until it was mended
        Agree(default(HardSwish), [0, 3, 0, -1 / 3.0, 1.125, 6], [0, 1, 0.5, -1 / 6.0, 1, 1]);
        Agree(default(Relu6), [0, 3, 0, 0, 1.5, 6], [0, 1, 0, 0, 1, 0]);
        Agree(
            new Elu(1.3f), [-1.235276811121777, 3, 0, -1.1240641317924036, 1.5, 6],
            [0.06472318887822313, 1, 1.3, 0.17593586820759652, 1, 1]);
        Agree(
            default(Mish), [-0.1456474612756246, 2.9865350049679575, 0, -0.2525014826957089, 1.4033782663958028, 5.999926634065252],
            [-0.09339311453232084, 1.0211069109294435, 0.6, -0.1083550924203939, 1.0884879850078475, 1.00013414050621]);
        Agree(
            default(Softplus), [0.04858735157374206, 3.048587351573742, 0.6931471805599453, 0.1269280110429725, 1.7014132779827524, 6.00247568513773],
            [0.04742587317756679, 0.9525741268224333, 0.5, 0.11920292202211755, 0.8175744761936437, 0.9975273768433652]);
        Agree(
            default(QuickGelu), [-0.01807130970778597, 2.981928690292214, 0, -0.06434137685579186, 1.3916621984470765, 5.999779646450213],
            [-0.024548323905652352, 1.0245483239056525, 0.5, -0.07381535430854194, 1.098848064624103, 1.0003383023764763]);
        Agree(new LeakyRelu(0.1f), [-0.3, 3, 0, -0.2, 1.5, 6], [0.1, 1, 0.1, 0.1, 1, 1]);
        Agree(new Power(3), [-27, 27, 0, -8, 3.375, 216], [27, 27, 0, 12, 6.75, 108]);
        Agree(new Power(0), [1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0]);
        Agree(
            new Power(2.5f), [double.NaN, 15.588457268119896, 0, double.NaN, 2.7556759606310752, 88.18163074019441],
            [double.NaN, 12.99038105676658, 0, double.NaN, 4.592793267718459, 36.742346141747674]);
    }

    [Fact]
    public void Exponents_that_are_not_finite_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Power(float.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Power(float.PositiveInfinity));
    }

    private static void Agree<TOp>(TOp op, double[] values, double[] derivatives) where TOp : unmanaged, IUnaryOp
    {
        for (int i = 0; i < X.Length; i++)
        {
            var y = op.Forward(new LaneD(X[i]));
            Assert.Equal(values[i], y.Value, 1e-6);
            Assert.Equal(derivatives[i], op.Derivative(new LaneD(X[i]), y).Value, 1e-6);
        }
    }
}
