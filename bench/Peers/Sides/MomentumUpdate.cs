using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Peers;

/// <summary>SGD with momentum over every parameter of a model that learns.</summary>
internal sealed class MomentumUpdate(Device device, Model model) : IDisposable
{
    /// <summary>So small that thousands of steps on one random batch leave every number finite; the work is the same at any rate.</summary>
    public const float LearningRate = 1e-6f;

    public const float Momentum = 0.9f;

    private readonly Dictionary<Parameter, Tensor<float>> steps = [];

    public void Step(Gradients gradients)
    {
        foreach (var parameter in model.Parameters())
        {
            if (gradients.Of(parameter) is not { } gradient) continue;
            if (!steps.TryGetValue(parameter, out var step))
            {
                step = device.Rent<float>(parameter.Shape);
                device.Fill(step, 0f);
                steps.Add(parameter, step);
            }
            device.Update(new Sgd(LearningRate, Momentum, weightDecay: 0f), parameter.On(device), gradient, step, second: null);
        }
    }

    public void Dispose()
    {
        foreach (var step in steps.Values) step.Dispose();
    }
}
