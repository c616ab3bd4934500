using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Sharpness-aware minimisation (Foret et al. 2021): the gradient is taken where the loss is worst nearby, rho along the gradient of all parameters
/// together, and moves the weights from where they are by any optimiser. A step costs two.</summary>
/// <remarks>Both runs of a batch draw the same dropout, so that both are of one function, and running statistics follow the first alone. The weights themselves
/// do not move in between: other threads never see them up there. With accumulation each batch has its own ascent. Penalties and the optimiser's weight decay are
/// those at the weights.</remarks>
/// <example><code>
/// using var sharpness = new SharpnessAware(rho: 0.05);
/// var trainer = new Trainer(optimiser, Device.Cpu) { Backward = sharpness };
/// </code></example>
public sealed class SharpnessAware : BackwardRule
{
    private const double Epsilon = 1e-12;

    private readonly float rho;
    private readonly Gradients ascent = new();
    private readonly Func<Variable, Variable> climb;
    private readonly float[] value = new float[1];
    private float[] squares = [];
    private Tensor<float>? slope;
    private float scale;

    /// <summary>Chooses how far the loss is looked at.</summary>
    /// <param name="rho">The length of the way up; 0 makes the plain step.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not 0 or more and finite.</exception>
    public SharpnessAware(double rho = 0.05)
    {
        if (!(rho >= 0 && double.IsFinite(rho))) throw new ArgumentOutOfRangeException(nameof(rho), rho, "rho is 0 or more and finite");
        this.rho = (float)rho;
        climb = own => own.Zip(own.Pass.Constant(slope!), new Climb(scale));
    }

    /// <inheritdoc/>
    public override void Backward(Pass pass, Variable loss, ITrainingBatch batch, Gradients gradients)
    {
        ArgumentNullException.ThrowIfNull(pass);
        ArgumentNullException.ThrowIfNull(batch);
        try
        {
            pass.Backward(loss, ascent);
            scale = (float)(rho / (Norm(pass.Device) + Epsilon));
            using var again = pass.Repeat();
            foreach (var parameter in ascent.Parameters)
            {
                slope = ascent.Of(parameter);
                again.Substitute(parameter, climb);
            }
            var worst = batch.Loss(again);
            again.Backward(worst, gradients);
            worst.Value.CopyTo(value);
            if (!float.IsFinite(value[0])) throw new NonFiniteException("the loss up the gradient", value[0]);
        }
        finally
        {
            slope = null;
            ascent.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        ascent.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The norm of all gradients together, one read for all of them.</summary>
    private double Norm(Device device)
    {
        int count = ascent.Parameters.Count, at = 0;
        using var sums = device.Rent<float>([count]);
        foreach (var parameter in ascent.Parameters) device.Reduce<SumOfSquares>(ascent.Of(parameter)!, sums.View([], default, offset: at++));
        if (squares.Length != count) squares = new float[count];
        sums.CopyTo(squares);
        double sum = 0;
        foreach (float square in squares) sum += square;
        return double.IsFinite(sum) ? Math.Sqrt(sum) : throw new NonFiniteException("the gradients' norm", Math.Sqrt(sum));
    }
}

/// <summary>y = a + scale * b.</summary>
internal readonly struct Climb(float scale) : IBinaryOp
{
    public static Saves Saves => Saves.Nothing;

    public S Forward<S>(S a, S b) where S : unmanaged, ILane<S> => S.FusedMultiplyAdd(S.Splat(scale), b, a);

    public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy;

    public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy * S.Splat(scale);
}
