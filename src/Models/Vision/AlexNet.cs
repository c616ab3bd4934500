using Graft.Autograd;

namespace Graft.Models;

/// <summary>AlexNet as in torchvision (Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks").</summary>
public sealed class AlexNet : ImageModel
{
    private const float DropoutProbability = 0.5f;

    internal AlexNet(string name, int classes) : base(name)
    {
        AddSequence("stem", Convolution(0, 3, 64, kernel: 11, stride: 4, padding: 2), new MaxPool2d(3, stride: 2));
        AddSequence("block2", Convolution(3, 64, 192, kernel: 5, padding: 2), new MaxPool2d(3, stride: 2));
        AddSequence("block3", Convolution(6, 192, 384), Convolution(8, 384, 256), Convolution(10, 256, 256), new MaxPool2d(3, stride: 2));
        AddSequence(
            "hidden", new AdaptiveAveragePool2d(6, 6), new Flatten(),
            Add("classifier.0", new Dropout(DropoutProbability)), Add("classifier.1", new Linear(256 * 6 * 6, 4096)), new ActivationLayer(Activation.Relu),
            Add("classifier.3", new Dropout(DropoutProbability)), Add("classifier.4", new Linear(4096, 4096)), new ActivationLayer(Activation.Relu));
        AddStage("head", Add("classifier.6", new Linear(4096, classes)));
    }

    internal static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        ["alexnet"] = ModelRegistration.ImageNet(61_100_840, static (name, classes, seed) => new AlexNet(name, classes) { Seed = seed }),
    };

    private ConvActivation Convolution(int number, int inputs, int outputs, int kernel = 3, int stride = 1, int padding = 1) =>
        Add($"features.{number}", new ConvActivation(new Conv2d(inputs, outputs, kernel, stride, padding), Activation.Relu));
}
