from modeling.figures.charts.dots import loss_curve


def test_a_loss_curve_by_hand():
    found = {"train_loss": [2.0, 1.0, 0.5], "validation_loss": [2.0, 1.5, 1.8], "best": 1}
    chart = loss_curve(found)
    # From 6 to 94 % of the width; 2 nats are 8 pixels from the top, 0 is at the bottom, 180.
    assert chart.train == "6.0,8.0 50.0,94.0 94.0,137.0"
    assert chart.validation == "6.0,8.0 50.0,51.0 94.0,25.2"
    assert chart.best == (50.0, 51.0, 1) and chart.anchor == "start" and chart.digits == 1
    assert [loss for loss, _ in chart.ticks] == [2.0, 1.5, 1.0, 0.5, 0.0]
    assert chart.epochs == ((0, 6.0), (1, 50.0), (2, 94.0))


def test_what_cannot_be_drawn_is_not():
    assert loss_curve({"train_loss": [1.0, None], "validation_loss": [1.0, None], "best": 0}) is None
    flat = loss_curve({"train_loss": [0.0, 0.0], "validation_loss": [0.0, 0.0], "best": 1})
    assert flat.best == (94.0, 180.0, 1) and flat.anchor == "end"
